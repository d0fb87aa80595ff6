"use strict";
// What the page shows: the report, its cases (repeats joined), and what each case is under the gate.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const { report, order, distrusted, without_passages: withoutPassages } = read("report");

function mean(values) {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

/** By case: its values and its answer in the baseline; the answer only where this run's is another. Null without one. */
const before = readBaseline(read("baseline"));

function readBaseline(rows) {
  if (rows === null) return null;
  const found = new Map();
  for (const [id, values, answer] of rows) {
    const known = found.get(id) ?? { all: [], answer: null };
    known.all.push(values);
    if (known.all.length === 1 && answer !== undefined) known.answer = answer;
    found.set(id, known);
  }
  for (const known of found.values()) {
    const names = new Set(known.all.flatMap((values) => Object.keys(values)));
    known.values = Object.fromEntries([...names].map((name) => [name, mean(known.all.map((values) => values[name]).filter((value) => value !== undefined))]));
  }
  return found;
}

const money = (value) => (value === 0 ? "$0" : `$${value >= 1 ? value.toFixed(2) : value.toPrecision(2)}`);

/** How a value of each scale is shown. */
const SCALES = { share: (value) => value.toFixed(3), milliseconds: (value) => `${Math.round(value)} ms`, dollars: money };
const scaleOf = (metric) => report.estimates[metric]?.scale ?? "share";
const lowerIsBetter = (metric) => scaleOf(metric) !== "share";
const show = (metric, value) => (value === null || value === undefined ? "–" : SCALES[scaleOf(metric)](value));
const isMissed = (metric, value) => {
  const bar = report.thresholds[metric];
  if (bar === undefined || value === null || value === undefined) return false;
  return lowerIsBetter(metric) ? value > bar : value < bar - 1e-9;
};
const isBreached = (metric) => report.breaches.some((breach) => breach.metric === metric && (breach.baseline ?? null) === null);
const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

const STATES = {
  met: "met",
  missed: "missed",
  under: "under a bar",
  error: "error",
  none: "not measured",
};

/** Retrieval and answer of a wrong case, told apart by context_recall. */
const FAULTS = {
  retrieval: "retrieval missed a document that holds the answer",
  answer: "the documents were retrieved, but the answer does not use them",
};

const passageTable = [];

/** One case of all its rows, which follow each other. */
class Case {
  constructor(row) {
    this.rows = [];
    Object.assign(this, { id: row.id, line: row.line, question: row.question, category: row.category ?? null });
    this.add(row);
  }

  add(row) {
    passageTable.push(...(row.new_passages ?? []));
    delete row.new_passages;
    this.rows.push(row);
  }

  close() {
    this.values = {};
    for (const metric of order) {
      const values = this.rows.map((row) => row.outcomes[metric]).filter((outcome) => outcome?.outcome === "scored");
      this.values[metric] = mean(values.map((outcome) => outcome.value));
    }
    const times = this.rows.map((row) => row.latency_ms).filter((time) => typeof time === "number");
    this.time = mean(times);
    const costs = this.rows.map((row) => costOf(row)).filter((cost) => cost !== null);
    this.cost = costs.length ? costs.reduce((sum, cost) => sum + cost, 0) : null;
    this.failure = this.rows.map(failureOf).find((message) => message !== null) ?? null;
    this.misses = order.filter((metric) => isMissed(metric, this.values[metric]));
    this.state = this.stateOf();
    this.fault = this.faultOf();
    this.before = before?.get(this.id) ?? null;
    this.flip = this.flipOf();
    this.isChanged = this.before !== null && this.before.answer !== null;
    const answers = this.rows.map((row) => row.answer ?? "").join("\n");
    this.words = `${this.id}\n${this.question}\n${this.category ?? ""}\n${answers}\n${this.failure ?? ""}`.toLowerCase();
    return this;
  }

  stateOf() {
    if (this.failure !== null) return "error";
    if (this.misses.some(isBreached)) return "missed";
    if (this.misses.length) return "under";
    return order.some((metric) => this.values[metric] !== null) ? "met" : "none";
  }

  faultOf() {
    const recall = this.values.context_recall;
    if (typeof recall !== "number" || !this.misses.some((metric) => !lowerIsBetter(metric))) return null;
    return recall < 1 ? "retrieval" : "answer";
  }

  /** Whether the case has come over a bar or fallen under one since the baseline. */
  flipOf() {
    if (this.before === null) return null;
    const pairs = Object.keys(report.thresholds).map((metric) => [metric, this.before.values[metric] ?? null, this.values[metric] ?? null])
      .filter(([, then, now]) => then !== null && now !== null);
    if (pairs.some(([metric, then, now]) => !isMissed(metric, then) && isMissed(metric, now))) return "worse";
    return pairs.some(([metric, then, now]) => isMissed(metric, then) && !isMissed(metric, now)) ? "better" : null;
  }

  get isWrong() {
    return this.state === "error" || this.state === "missed" || this.state === "under";
  }
}

function failureOf(row) {
  if (typeof row.error === "string") return row.error;
  return Object.values(row.outcomes).find((outcome) => outcome.outcome === "errored")?.message ?? null;
}

/** In US dollars; null where no price is known. */
function costOf(row) {
  return typeof row.cost_usd === "number" ? row.cost_usd : typeof row.cost_usd === "string" ? Number(row.cost_usd) : null;
}

function readCases() {
  const cases = [];
  for (const row of read("rows")) {
    const last = cases[cases.length - 1];
    if (last && last.id === row.id) last.add(row);
    else cases.push(new Case(row));
  }
  return cases.map((found) => found.close());
}

const cases = readCases();

/** An element with attributes and children; strings become text, never markup. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}
