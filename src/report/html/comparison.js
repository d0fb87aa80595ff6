// This run beside its baseline, over the cases that both have measured.

function comparisonPanel() {
  if (before === null) return null;
  const rows = order.map(comparedRow).filter(Boolean);
  const [added, gone] = [cases.filter((found) => found.before === null).length, [...before.keys()].filter((id) => !byId.has(id)).length];
  const notes = [
    [cases.filter((found) => found.flip === "worse").length, "fell under a bar", "worse"],
    [cases.filter((found) => found.flip === "better").length, "came over a bar", "better"],
    [cases.filter((found) => found.isChanged).length, "got another answer", "changed"],
  ].filter(([number]) => number > 0).map(([number, text, name]) =>
    h("button", { class: "plain", type: "button", click: () => go({ show: name, page: 0 }) }, `${plural(number, "case")} ${text}`));
  const others = [[added, "new"], [gone, "no longer there"]].filter(([number]) => number > 0).map(([number, text]) => `${number} ${text}`);
  const heads = ["metric", "before", "now", "change", "95 %", "p", "", "better", "worse", "same"];
  const head = h("tr", null, heads.map((name) => h("th", { scope: "col", class: name === "metric" || name === "" ? null : "num" }, name)));
  return widePanel("Beside the baseline",
    h("div", { class: "scroll" }, h("table", null, h("thead", null, head), h("tbody", null, rows))),
    notes.length ? h("div", { class: "bar notes" }, notes) : null,
    others.length ? h("p", { class: "quiet" }, `cases: ${others.join(", ")}`) : null);
}

function comparedRow(metric) {
  const pairs = cases.map((found) => [found.before?.values[metric] ?? null, found.values[metric]])
    .filter(([then, now]) => then !== null && now !== null);
  if (!pairs.length) return null;
  const sign = lowerIsBetter(metric) ? -1 : 1;
  const better = pairs.filter(([then, now]) => (now - then) * sign > 1e-9).length;
  const worse = pairs.filter(([then, now]) => (now - then) * sign < -1e-9).length;
  const [then, now] = [mean(pairs.map(([value]) => value)), mean(pairs.map(([, value]) => value))];
  const change = now - then;
  const kind = Math.abs(change) < 1e-9 ? "num" : change * sign > 0 ? "num good" : "num bad";
  return h("tr", null, h("td", { class: "metric" }, metric),
    h("td", { class: "num" }, show(metric, then)), h("td", { class: "num" }, show(metric, now)),
    h("td", { class: kind }, `${change > 0 ? "+" : change < 0 ? "−" : "±"}${show(metric, Math.abs(change))}`),
    ...certainty(metric),
    h("td", null, balance(metric, better, worse, pairs.length)),
    [better, worse, pairs.length - better - worse].map((number) => h("td", { class: "num" }, String(number))));
}

/** How sure the change is, by the gate's own paired test. */
function certainty(metric) {
  const found = report.comparison?.metrics[metric];
  const sign = (value) => `${value < 0 ? "−" : "+"}${show(metric, Math.abs(value))}`;
  const range = typeof found?.low === "number" && typeof found?.high === "number" ? `${sign(found.low)} – ${sign(found.high)}` : "";
  const p = typeof found?.p_adjusted === "number" ? (found.p_adjusted < 0.001 ? "< 0.001" : found.p_adjusted.toFixed(3)) : "";
  return [range, p].map((text) => h("td", { class: "num quiet" }, text));
}

/** Better to the right of the middle, worse to the left. */
function balance(metric, better, worse, all) {
  const [width, height] = [120, 12];
  const size = (number) => (number === 0 ? 0 : Math.max(2, (number / all) * (width / 2)));
  const middle = width / 2;
  return chart(width, height, `${metric}: ${better} better, ${worse} worse of ${all}`,
    svg("rect", { class: "col low", x: middle - size(worse), y: 1, width: size(worse), height: height - 2 }),
    svg("rect", { class: "col high", x: middle, y: 1, width: size(better), height: height - 2 }),
    svg("line", { class: "axis", x1: middle, x2: middle, y1: -2, y2: height + 2 }));
}
