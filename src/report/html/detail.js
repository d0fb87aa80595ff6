// Everything of one case, below its row.

function detail(found) {
  const left = [part("Question", h("div", { class: "plain-text" }, found.question))];
  for (const [index, row] of found.rows.entries()) {
    const title = found.rows.length > 1 ? `Answer ${index + 1} of ${found.rows.length}` : "Answer";
    left.push(answerPart(found, row, title, index === 0));
  }
  const right = [];
  if (found.fault) right.push(part("Cause", h("div", { class: "warn" }, FAULTS[found.fault])));
  for (const [index, row] of found.rows.entries()) {
    right.push(scoresPart(found, row, found.rows.length > 1 ? `Scores ${index + 1}` : "Scores"));
  }
  right.push(...passagesParts(found));
  return h("div", { class: "detail-grid" }, h("div", null, left), h("div", null, right));
}

function part(title, ...children) {
  return h("section", null, h("h3", null, title), ...children);
}

function answerPart(found, row, title, isFirst) {
  const facts = [
    typeof row.latency_ms === "number" ? `${Math.round(row.latency_ms)} ms` : null,
    row.cached ? "from the cache" : null,
    row.attempts > 1 ? plural(row.attempts, "attempt") : null,
    row.finish && row.finish !== "stop" ? `ended by ${row.finish}` : null,
    tokensOf(row.usage),
    costOf(row) === null ? null : money(costOf(row)),
  ].filter((fact) => fact !== null);
  const about = facts.length ? h("div", { class: "quiet" }, facts.join(" · ")) : null;
  const error = typeof row.error === "string" ? h("div", { class: "block error" }, row.error) : null;
  const answer = typeof row.answer === "string" ? h("div", { class: "block" }, row.answer) : null;
  const blocks = [error, answer];
  if (isFirst && found.isChanged && typeof row.answer === "string") {
    blocks.push(h("h3", null, "Change since the baseline"), diffBlock(found.before.answer, row.answer));
  }
  return part(title, ...blocks, about);
}

function tokensOf(usage) {
  const total = Object.values(usage ?? {}).reduce((sum, tokens) => sum + tokens, 0);
  return total ? plural(total, "token") : null;
}

function scoresPart(found, row, title) {
  const names = [...order.filter((metric) => metric in row.outcomes), ...Object.keys(row.outcomes).filter((metric) => !order.includes(metric))];
  const lines = names.map((metric) => {
    const outcome = row.outcomes[metric];
    const value = outcome.outcome === "scored" ? show(metric, outcome.value) : outcome.outcome.replaceAll("_", " ");
    const kind = isMissed(metric, outcome.value) ? "num miss" : "num";
    const then = found.before?.values[metric];
    const was = then !== undefined && outcome.outcome === "scored" && then !== outcome.value ? `was ${show(metric, then)}` : "";
    return h("tr", null, h("td", { class: "metric" }, metric), h("td", { class: kind }, value), h("td", { class: "quiet num" }, was),
      h("td", { class: "quiet" }, outcome.reason ?? outcome.message ?? ""));
  });
  return part(title, h("table", { class: "scores" }, h("tbody", null, lines)));
}

/** What was retrieved; once if every repeat retrieved the same. */
function passagesParts(found) {
  const expected = found.rows[0].expected_docs ?? [];
  const parts = [];
  if (expected.length) parts.push(part("Expected documents", h("div", { class: "plain-text" }, expected.join(", "))));
  const different = new Map(found.rows.map((row) => [JSON.stringify(row.passages), row.passages]));
  for (const passages of different.values()) parts.push(passagesPart(passages, expected));
  return parts;
}

function passagesPart(passages, expected) {
  if (withoutPassages) return part("Passages", h("div", { class: "quiet" }, "left out of this page, see the JSON report"));
  if (!passages) return part("Passages", h("div", { class: "quiet" }, "the target does not say what it retrieved"));
  const list = passages.map(([index, score]) => {
    const { document: id, title, heading, text } = passageTable[index];
    const isExpected = expected.includes(id) || expected.includes(title);
    const place = [title || id, heading].filter(Boolean).join(" › ");
    return h("details", null,
      h("summary", null, place, " ", h("span", { class: "quiet" }, typeof score === "number" ? score.toPrecision(3) : ""),
        isExpected ? h("span", { class: "chip met" }, "expected") : null),
      h("div", { class: "plain-text" }, text ?? ""));
  });
  return part(`Passages (${passages.length})`, ...list);
}
