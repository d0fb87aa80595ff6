// Puts everything in its place.

function drawTop() {
  const words = { pass: "PASS", fail: "FAIL", undecided: "UNDECIDED" };
  const verdict = report.shard ? "undecided" : report.verdict;
  const word = report.shard ? `SHARD ${report.shard.index}/${report.shard.count}` : words[verdict];
  const facts = [
    ["model", report.target.model ?? `${report.target.kind} target`],
    ["prompt", report.prompt ? `${report.prompt.name}@${report.prompt.version}` : null],
    ["dataset", report.dataset],
    ["cases", report.cases.finished === report.cases.total ? report.cases.total : `${report.cases.finished} of ${report.cases.total}`],
    ["repeats", report.repeats > 1 ? report.repeats : null],
    ["took", report.duration_ms < 1000 ? `${Math.round(report.duration_ms)} ms` : `${(report.duration_ms / 1000).toFixed(1)} s`],
    ["at", report.timestamp],
    ["commit", report.git ? `${report.git.sha.slice(0, 12)}${report.git.dirty ? " with changes" : ""}` : null],
  ];
  document.title = `${word} · ${report.project} · llmops report`;
  at("head").append(
    h("div", { class: "title" }, h("span", { class: `verdict ${verdict}` }, word), h("h1", null, report.project)),
    h("div", { class: "facts" }, facts.filter(([, value]) => value !== null && value !== "").map(([name, value]) => h("span", null, `${name} `, h("b", null, String(value))))),
    report.reasons.length ? h("ul", { class: "reasons" }, report.reasons.map((reason) => h("li", null, reason))) : "",
    ...(report.notes ?? []).map((note) => h("p", { class: "quiet" }, note)));
}

/** Where the true mean is with 95 % confidence. */
function interval(metric, { low, high }) {
  return typeof low === "number" && typeof high === "number" ? `${show(metric, low)} – ${show(metric, high)}` : "";
}

/** Where the mean is corrected for the judge's errors, what the judge gave. */
function judged(metric, estimate) {
  const { calibration } = estimate;
  if (!calibration) return [];
  const kappa = typeof calibration.kappa === "number" ? `kappa ${calibration.kappa.toFixed(2)}` : "no kappa";
  if (typeof calibration.value !== "number") return [`${calibration.n_labels} labels cannot correct it, ${kappa}`];
  const range = interval(metric, estimate);
  return [`judged ${show(metric, estimate.mean)}${range ? ` (${range})` : ""}, corrected by ${calibration.n_labels} labels, ${kappa}`];
}

/** What the repeats of the cases showed. */
function repeated({ repeats }) {
  if (!repeats) return [];
  const { k, spread, pass_at_k: some, pass_all_k: all, flaky } = repeats;
  return [`pass@${k} ${some.toFixed(3)}`, `pass^${k} ${all.toFixed(3)}`, `spread ${spread.toFixed(3)}`, `${flaky} flaky`];
}

function drawMetrics() {
  const heads = ["metric", "value", "95 %", "bar", "", "cases", "distribution"];
  const rows = order.map((metric) => {
    const estimate = report.estimates[metric];
    const bar = report.thresholds[metric];
    const breached = isBreached(metric);
    const known = typeof estimate.calibration?.value === "number" ? estimate.calibration : null;
    const sign = lowerIsBetter(metric) ? "≤" : "≥";
    const left = [["skipped", estimate.skipped], ["n/a", estimate.not_applicable], ["errored", estimate.errored]]
      .filter(([, number]) => number > 0).map(([name, number]) => `${number} ${name}`);
    const chip = bar === undefined ? "" : estimate.mean === null ? h("span", { class: "chip under" }, "not measured")
      : distrusted.includes(metric) ? h("span", { class: "chip under" }, "not decided")
      : breached ? h("span", { class: "chip missed" }, "missed") : h("span", { class: "chip met" }, "met");
    return h("tr", null,
      h("td", { class: "metric", title: estimate.kind && estimate.kind !== metric ? estimate.kind : null }, metric),
      h("td", { class: breached ? "num big bad" : "num big" }, show(metric, known ? known.value : estimate.mean)),
      h("td", { class: "num quiet" }, interval(metric, known ?? estimate)),
      h("td", { class: "num quiet" }, bar === undefined ? "" : `${sign} ${show(metric, bar)}`),
      h("td", null, chip),
      h("td", { class: "quiet counts" }, [`n = ${estimate.n}`, ...repeated(estimate), ...left, ...judged(metric, estimate)].join(", ")),
      h("td", null, spark(metric)));
  });
  const numbers = new Set(["value", "95 %", "bar"]);
  const head = h("tr", null, heads.map((name) => h("th", { scope: "col", class: numbers.has(name) ? "num" : null }, name)));
  at("metrics").append(h("table", null, h("thead", null, head), h("tbody", null, rows)));
}

function drawFoot() {
  const digests = Object.entries(report.digests).filter(([, value]) => value);
  const list = digests.flatMap(([name, value]) => [h("dt", null, name), h("dd", { class: "code" }, value)]);
  const target = Object.entries(report.target).filter(([, value]) => value !== null).flatMap(([name, value]) => [h("dt", null, name), h("dd", { class: "code" }, String(value))]);
  at("foot").append(h("details", null, h("summary", null, `llmops ${report.tool_version}: what went into this run`), h("dl", null, target, list)));
}

function listen() {
  let timer = 0;
  at("search").addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => go({ q: event.target.value, page: 0 }), 60);
  });
  at("category").addEventListener("change", (event) => go({ category: event.target.value, page: 0 }));
  addEventListener("hashchange", () => {
    fromAddress();
    draw();
  });
  addEventListener("keydown", onKey);
}

/** `/` filters, arrows go through the cases, Escape closes. */
function onKey(event) {
  const isTyping = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement?.tagName);
  if (event.key === "Escape") {
    if (document.activeElement === at("search")) at("search").blur();
    else go({ open: "" });
  } else if (event.key === "/" && !isTyping) {
    event.preventDefault();
    at("search").focus();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !isTyping) {
    const rows = [...at("table").querySelectorAll("tr.case")];
    const here = rows.indexOf(document.activeElement?.closest("tr.case"));
    if (here < 0) return;
    event.preventDefault();
    rows[Math.min(rows.length - 1, Math.max(0, here + (event.key === "ArrowDown" ? 1 : -1)))].querySelector("button").focus();
  }
}

drawTop();
drawMetrics();
at("panels").append(...[comparisonPanel(), causesPanel(), flakyPanel(), categoryPanel(), latencyPanel(), costPanel(), usagePanel()].filter(Boolean));
drawFoot();
fromAddress();
listen();
draw();
if (byId.has(state.open)) rowOf(state.open)?.scrollIntoView();
