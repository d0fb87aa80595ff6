// The table of cases: filtered, sorted, in pages. What it shows stands in the address, so that it can be shared.

const PAGE = 100;
const collator = new Intl.Collator("en", { numeric: true });
const START = { q: "", show: "all", category: "", sort: "line", dir: "asc", page: 0, open: "" };
let state = { ...START };

const FILTERS = [
  ["all", "all", () => true],
  ["wrong", "wrong", (found) => found.isWrong],
  ["missed", "missed", (found) => found.state === "missed"],
  ["under", "under a bar", (found) => found.state === "under"],
  ["error", "error", (found) => found.state === "error"],
  ["retrieval", "retrieval", (found) => found.fault === "retrieval"],
  ["answer", "answer", (found) => found.fault === "answer"],
  ["none", "not measured", (found) => found.state === "none"],
  ["worse", "worse than before", (found) => found.flip === "worse"],
  ["better", "better than before", (found) => found.flip === "better"],
  ["changed", "other answer", (found) => found.isChanged],
];

const RANK = { error: 0, missed: 1, under: 2, none: 3, met: 4 };
const shownMetrics = order.filter((metric) => cases.some((found) => found.values[metric] !== null));

/** What can be sorted by: name, heading, value, whether it is a number. */
const COLUMNS = [
  ["line", "line", (found) => found.line, true],
  ["state", "", (found) => RANK[found.state], false],
  ["id", "case", (found) => found.id, false],
  ["question", "question", (found) => found.question, false],
  ...(cases.some((found) => found.category !== null) ? [["category", "category", (found) => found.category, false]] : []),
  ...shownMetrics.map((metric) => [`m:${metric}`, metric, (found) => found.values[metric], true]),
  ...(shownMetrics.includes("latency") || !cases.some((found) => found.time !== null) ? [] : [["time", "time", (found) => found.time, true]]),
  ...(cases.some((found) => found.cost !== null) ? [["cost", "cost", (found) => found.cost, true]] : []),
];

const at = (id) => document.getElementById(id);
const byId = new Map(cases.map((found) => [found.id, found]));

/** The cases that the state asks for, in its order. */
function chosen() {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const filter = FILTERS.find(([name]) => name === state.show) ?? FILTERS[0];
  const found = cases.filter((one) => filter[2](one) && (state.category === "" || (one.category ?? "") === state.category)
    && words.every((word) => one.words.includes(word)));
  const column = COLUMNS.find(([name]) => name === state.sort) ?? COLUMNS[0];
  const turn = state.dir === "desc" ? -1 : 1;
  const compare = (a, b) => {
    const [x, y] = [column[2](a), column[2](b)];
    // What was not measured is neither high nor low: it comes last.
    if (x === null || x === undefined || y === null || y === undefined) return (x ?? null) === (y ?? null) ? 0 : (x ?? null) === null ? 1 : -1;
    return turn * (typeof x === "string" ? collator.compare(x, y) : x - y);
  };
  return column[0] === "line" && turn === 1 ? found : found.sort(compare);
}

function drawHead() {
  const cells = COLUMNS.map(([name, title, , isNumber]) => {
    const isSorted = state.sort === name;
    const arrow = isSorted ? (state.dir === "desc" ? " ↓" : " ↑") : "";
    const turn = () => go({ sort: name, dir: isSorted && state.dir === "asc" ? "desc" : "asc", page: 0 });
    const button = h("button", { type: "button", click: turn, "aria-label": `Sort by ${title || "state"}`, "data-sort": name }, (title || "state") + arrow);
    return h("th", { scope: "col", class: isNumber ? "num" : null, "aria-sort": isSorted ? (state.dir === "desc" ? "descending" : "ascending") : null }, button);
  });
  const focused = document.activeElement?.dataset?.sort;
  at("table").tHead.replaceChildren(h("tr", null, cells));
  if (focused) at("table").tHead.querySelector(`[data-sort="${CSS.escape(focused)}"]`)?.focus();
}

function caseRow(found) {
  const isOpen = state.open === found.id;
  const toggle = () => go({ open: isOpen ? "" : found.id });
  const cells = COLUMNS.map(([name, , value]) => {
    if (name === "line") return h("td", { class: "num quiet" }, String(found.line));
    if (name === "state") return h("td", null, h("span", { class: `chip ${found.state}` }, STATES[found.state]));
    if (name === "id") return h("td", { class: "id" }, h("button", { type: "button", title: found.id, "aria-expanded": String(isOpen) }, found.id));
    if (name === "question") return h("td", { class: "text", title: found.question.slice(0, 500) }, found.question.slice(0, 300));
    if (name === "category") return h("td", null, (found.category ?? "").slice(0, 60));
    if (name === "time") return h("td", { class: "num quiet" }, found.time === null ? "–" : `${Math.round(found.time)} ms`);
    if (name === "cost") return h("td", { class: "num quiet" }, found.cost === null ? "–" : money(found.cost));
    const metric = name.slice(2);
    return h("td", { class: found.misses.includes(metric) ? "num miss" : "num" }, show(metric, value(found)));
  });
  const row = h("tr", { class: isOpen ? "case open" : "case", click: toggle, "data-id": found.id }, cells);
  if (!isOpen) return [row];
  return [row, h("tr", { class: "detail" }, h("td", { colspan: String(COLUMNS.length) }, detail(found)))];
}

function drawFilters() {
  const buttons = FILTERS.map(([name, title, test]) => [name, title, cases.filter(test).length])
    .filter(([name, , number]) => number > 0 || name === "all" || name === state.show)
    .map(([name, title, number]) => h("button", { type: "button", "aria-pressed": String(state.show === name), click: () => go({ show: name, page: 0 }) },
      `${title} `, h("span", { class: "quiet" }, number.toLocaleString("en"))));
  at("states").replaceChildren(...buttons);
  const names = [...new Set(cases.map((found) => found.category ?? ""))].sort();
  if (names.length < 2) return;
  const options = names.filter((name) => name !== "").map((name) => h("option", { value: name, selected: state.category === name }, name.slice(0, 80)));
  at("category").replaceChildren(h("option", { value: "" }, "every category"), ...options);
}

function drawPages(total, page) {
  const last = Math.max(0, Math.ceil(total / PAGE) - 1);
  if (last === 0) return at("pages").replaceChildren();
  const step = (text, to, disabled) => h("button", { type: "button", disabled, click: () => go({ page: to }, true) }, text);
  return at("pages").replaceChildren(
    step("First", 0, page === 0), step("Previous", page - 1, page === 0),
    h("span", { class: "quiet" }, `page ${page + 1} of ${last + 1}`),
    step("Next", page + 1, page === last), step("Last", last, page === last));
}

function drawCases() {
  const found = chosen();
  const page = Math.min(state.page, Math.max(0, Math.ceil(found.length / PAGE) - 1));
  const shown = found.slice(page * PAGE, (page + 1) * PAGE);
  const focused = document.activeElement?.closest?.("tr.case")?.dataset.id;
  at("table").tBodies[0].replaceChildren(...shown.flatMap(caseRow));
  if (focused !== undefined) rowOf(focused)?.querySelector("button").focus({ preventScroll: true });
  at("count").textContent = found.length === cases.length ? plural(cases.length, "case") : `${found.length.toLocaleString("en")} of ${plural(cases.length, "case")}`;
  drawPages(found.length, page);
}

const rowOf = (id) => at("table").querySelector(`tr.case[data-id="${CSS.escape(id)}"]`);

function draw() {
  drawHead();
  drawFilters();
  drawCases();
  if (at("search").value !== state.q) at("search").value = state.q;
}

/** Changes what is shown, and the address with it. */
function go(change, toTop) {
  state = { ...state, ...change };
  const parts = Object.entries(state).filter(([name, value]) => value !== START[name]);
  const hash = new URLSearchParams(parts).toString();
  history.replaceState(null, "", hash ? `#${hash}` : "#");
  draw();
  if (toTop) at("cases").scrollIntoView();
}

/** What the address asks for. */
function fromAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  state = { ...START };
  for (const name of Object.keys(START)) if (asked.has(name)) state[name] = asked.get(name);
  state.page = Math.max(0, Number.parseInt(state.page, 10) || 0);
  // A link to a case leads to its page, whatever page the link names.
  if (byId.has(state.open) && !asked.has("page")) {
    state.page = Math.max(0, Math.floor(chosen().indexOf(byId.get(state.open)) / PAGE));
  }
}
