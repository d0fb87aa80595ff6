// Charts: plain SVG, drawn from numbers only.

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children.flat());
  return element;
}

/** A chart with its text for those who do not see it. */
function chart(width, height, label, ...children) {
  return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...children);
}

/** How many values fall into each of `count` equal parts from 0 to `most`; the last part holds `most` too. */
function bins(values, count, most) {
  const found = new Array(count).fill(0);
  for (const value of values) found[Math.min(count - 1, Math.max(0, Math.floor((value / most) * count)))] += 1;
  return found;
}

/** `format` writes a value; `isLow` colours what misses a bar; `marks` are [value, class]. */
function histogram({ values, most, count, width, height, label, marks, isLow, format }) {
  const found = bins(values, count, most);
  const highest = Math.max(1, ...found);
  const step = width / count;
  const columns = found.map((number, index) => {
    // What there is must be seen, however little it is.
    const size = number === 0 ? 0 : Math.max(2, (number / highest) * height);
    const [from, to] = [(index / count) * most, ((index + 1) / count) * most];
    const column = svg("rect", {
      class: isLow?.((from + to) / 2) ? "col low" : "col",
      x: index * step + 0.5, y: height - size, width: Math.max(1, step - 1), height: size,
    });
    column.append(svg("title", {}, `${format(from)} to ${format(to)}: ${plural(number, "case")}`));
    return column;
  });
  const lines = (marks ?? []).map(([value, kind]) => {
    const x = Math.min(1, Math.max(0, value / most)) * width;
    return svg("line", { class: kind, x1: x, x2: x, y1: -2, y2: height });
  });
  const axis = svg("line", { class: "axis", x1: 0, x2: width, y1: height + 0.5, y2: height + 0.5 });
  return { columns, lines, axis, label };
}

/** The distribution of a metric as a line of its table. */
function spark(metric) {
  const values = cases.map((found) => found.values[metric]).filter((value) => value !== null);
  if (!values.length) return "";
  const [width, height] = [340, 26];
  const most = lowerIsBetter(metric) ? Math.max(...values) || 1 : 1;
  const bar = report.thresholds[metric];
  const marks = [[mean(values), "at"]];
  if (bar !== undefined) marks.push([bar, "limit"]);
  const label = `${metric}: distribution over ${plural(values.length, "case")}, from 0 to ${show(metric, most)}`;
  const parts = histogram({
    values, most, count: 40, width, height, marks, label,
    isLow: (value) => isMissed(metric, value), format: (value) => show(metric, value),
  });
  return chart(width, height + 1, label, parts.axis, parts.columns, parts.lines);
}

function panel(title, ...children) {
  return h("section", { class: "panel" }, h("h2", null, title), ...children);
}

function widePanel(title, ...children) {
  return h("section", { class: "panel wide" }, h("h2", null, title), ...children);
}

function latencyPanel() {
  const times = cases.flatMap((found) => found.rows.map((row) => row.latency_ms)).filter((time) => typeof time === "number");
  if (!times.length || !report.latency) return null;
  const { p50_ms: median, p95_ms: late, max_ms: most } = report.latency;
  const [width, height] = [330, 84];
  const limit = report.thresholds.latency;
  const marks = [[median, "at"], [late, "at"]];
  if (limit !== undefined) marks.push([limit, "limit"]);
  const format = (value) => (value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);
  const label = `Latency of ${plural(times.length, "answer")}: median ${format(median)}, 95th percentile ${format(late)}, longest ${format(most)}`;
  const parts = histogram({ values: times, most: most || 1, count: 33, width, height, marks, label, format });
  const texts = [
    svg("text", { x: 0, y: height + 13 }, "0"),
    svg("text", { x: width, y: height + 13, "text-anchor": "end" }, format(most)),
  ];
  const picture = chart(width, height + 16, label, parts.axis, parts.columns, parts.lines, texts);
  return panel("Latency", picture, h("p", { class: "quiet" }, `p50 ${format(median)} · p95 ${format(late)} · max ${format(most)}`));
}

/** The mean of every metric by category, as bars from 0 to 1. */
function categoryPanel() {
  const names = [...new Set(cases.map((found) => found.category))];
  if (names.length < 2) return null;
  const metrics = order.filter((metric) => !lowerIsBetter(metric) && cases.some((found) => found.values[metric] !== null));
  const rows = names.map((name) => {
    const members = cases.filter((found) => found.category === name);
    const cells = metrics.map((metric) => {
      const value = mean(members.map((found) => found.values[metric]).filter((found) => found !== null));
      if (value === null) return h("td", { class: "heat quiet" }, h("span", null, "–"));
      const bar = h("i", { class: isMissed(metric, value) ? "low" : "" });
      bar.style.width = `${Math.min(1, Math.max(0, value)) * 100}%`;
      return h("td", { class: "heat" }, bar, h("span", null, value.toFixed(3)));
    });
    return { worst: members.filter((found) => found.isWrong).length / members.length, row: [name, members.length, cells] };
  });
  rows.sort((a, b) => b.worst - a.worst);
  const head = h("tr", null, h("th", { scope: "col" }, "category"), h("th", { scope: "col", class: "num" }, "cases"),
    metrics.map((metric) => h("th", { scope: "col" }, metric)));
  const body = rows.slice(0, 30).map(({ row: [name, number, cells] }) => {
    const choose = h("button", { class: "plain", type: "button", click: () => go({ category: name ?? "", page: 0 }) }, name ?? "none");
    return h("tr", null, h("td", null, choose), h("td", { class: "num" }, String(number)), cells);
  });
  const more = rows.length > 30 ? h("p", { class: "quiet" }, `${rows.length - 30} more categories`) : null;
  return widePanel("By category", h("div", { class: "scroll" }, h("table", null, h("thead", null, head), h("tbody", null, body))), more);
}

/** Tokens and, where prices are known, money by who used them. */
function usagePanel() {
  const total = (usage) => Object.values(usage).reduce((sum, tokens) => sum + tokens, 0);
  const roles = Object.entries(report.usage ?? {}).filter(([, usage]) => total(usage) > 0);
  if (!roles.length) return null;
  const number = (value) => value.toLocaleString("en");
  const rows = roles.map(([role, usage]) => h("tr", null, h("td", null, role),
    h("td", { class: "num" }, number(usage.input + usage.cached_input + usage.cache_write)),
    h("td", { class: "num" }, number(usage.output + usage.reasoning)),
    h("td", { class: "num" }, number(total(usage)))));
  const head = h("tr", null, h("th", { scope: "col" }, "tokens"),
    ["in", "out", "all"].map((name) => h("th", { scope: "col", class: "num" }, name)));
  return panel("Usage", h("table", null, h("thead", null, head), h("tbody", null, rows)), costLine());
}

function costLine() {
  const cost = report.cost ?? {};
  const parts = [["target", cost.target_usd], ["embedder", cost.embedder_usd], ["judge", cost.judge_usd], ["saved by kept answers", cost.saved_usd]]
    .filter(([, value]) => typeof value === "number" && value > 0).map(([name, value]) => `${name} ${money(value)}`);
  if (cost.target_unknown > 0) parts.push(`cost not known for ${plural(cost.target_unknown, "answer")}`);
  if (cost.judge_unknown > 0) parts.push(`cost not known for ${plural(cost.judge_unknown, "call")} of the judge`);
  return parts.length ? h("p", null, parts.join(" · ")) : null;
}

/** What single cases cost, at list prices. */
function costPanel() {
  const costs = cases.map((found) => found.cost).filter((cost) => cost !== null && cost > 0);
  if (!costs.length) return null;
  const most = Math.max(...costs);
  const [width, height] = [330, 84];
  const label = `Cost of ${plural(costs.length, "case")} at list prices, mean ${money(mean(costs))}, highest ${money(most)}`;
  const parts = histogram({ values: costs, most, count: 33, width, height, label, marks: [[mean(costs), "at"]], format: money });
  const end = svg("text", { x: width, y: height + 13, "text-anchor": "end" }, money(most));
  const picture = chart(width, height + 16, label, parts.axis, parts.columns, parts.lines, svg("text", { x: 0, y: height + 13 }, "0"), end);
  const text = `mean ${money(mean(costs))} · max ${money(most)}${costChange()}${costOfMonth()}`;
  return panel("Cost of a case", picture, h("p", { class: "quiet" }, text), costCauses());
}

/** What a month of answers costs, where the configuration says how many there are. */
function costOfMonth() {
  const [answer, requests] = [report.cost?.answer_usd, report.cost_limits?.requests_per_month];
  if (typeof answer !== "number" || typeof requests !== "number") return "";
  return ` · ${money(answer * requests)} for a month of ${requests.toLocaleString("en")} answers`;
}

/** The three parts that the change of an answer's cost adds up from, as bars to either side of nothing. */
function costCauses() {
  const found = report.comparison?.cost_change;
  if (!found) return null;
  const more = ({ baseline, current }) => `${current < baseline ? "−" : "+"}${Math.abs(Math.round(current - baseline)).toLocaleString("en")} tokens`;
  const parts = [
    [`context, ${more(found.input_tokens)}`, found.input_usd],
    [`answers, ${more(found.output_tokens)}`, found.output_usd],
    ["price and model", found.price_usd],
  ];
  const most = Math.max(...parts.map(([, usd]) => Math.abs(usd)));
  if (!(most > 0)) return null;
  const rows = parts.map(([name, usd]) => {
    const length = 40 * Math.abs(usd) / most;
    const label = `${name}: ${usd < 0 ? "−" : "+"}${money(Math.abs(usd))}`;
    const bar = svg("rect", { class: usd < 0 ? "col high" : "col low", x: usd < 0 ? 40 - length : 40, y: 2, width: length, height: 10 });
    return h("tr", null, h("td", { class: "plain-text" }, name), h("td", null, chart(80, 14, label, bar)),
      h("td", { class: "num" }, `${usd < 0 ? "−" : "+"}${money(Math.abs(usd))}`));
  });
  return h("table", null, h("tbody", null, rows));
}

/** How much dearer an answer is than it was, over the cases of which both costs are known. */
function costChange() {
  const found = report.comparison?.cost;
  if (!found || !(found.baseline > 0)) return "";
  const share = Math.round(100 * found.change / found.baseline);
  return ` · an answer ${money(found.current)}, ${share < 0 ? "−" : "+"}${Math.abs(share)} % against the baseline's ${money(found.baseline)}`;
}

/** Why answers are wrong, and what went wrong otherwise. */
function causesPanel() {
  const wrong = cases.filter((found) => found.isWrong);
  if (!wrong.length) return null;
  const rows = Object.entries(FAULTS).map(([fault, text]) => [wrong.filter((found) => found.fault === fault).length, text, { show: fault }]);
  const errors = report.errors.map((cause) => [cause.cases, cause.message, { show: "error", q: cause.message }]);
  const found = [...rows, ...errors].filter(([number]) => number > 0).slice(0, 12);
  if (!found.length) return null;
  const body = found.map(([number, text, state]) => h("tr", null, h("td", { class: "num big" }, String(number)),
    h("td", { class: "plain-text" }, text.slice(0, 300)),
    h("td", { class: "num" }, h("button", { class: "plain", type: "button", click: () => go({ q: "", page: 0, ...state }) }, "show"))));
  return panel("What is wrong", h("table", null, h("tbody", null, body)));
}

/** Cases that met a bar in some repeats and missed it in others. */
function flakyPanel() {
  const flaky = report.flaky ?? [];
  if (!flaky.length) return null;
  const rows = flaky.slice(0, 12).map(({ id, metric, passed, of }) => h("tr", null,
    h("td", null, h("button", { class: "plain", type: "button", click: () => go({ open: id }) }, id)),
    h("td", { class: "metric" }, metric), h("td", { class: "num" }, `${passed} of ${of}`)));
  const more = flaky.length > 12 ? h("p", { class: "quiet" }, `${flaky.length - 12} more in the JSON report`) : null;
  return panel("Flaky: met in some repeats", h("table", null, h("tbody", null, rows)), more);
}
