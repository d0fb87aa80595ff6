// What changed between two answers, word by word.

/** Longer texts are compared by their ends only; the table of a full comparison grows with the product. */
const MOST_CELLS = 4_000_000;

/** [["same" | "gone" | "new", text], ...]. Works on words with the space behind them; single characters where there is none. */
function wordDiff(before, after) {
  const [a, b] = [words(before), words(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const middle = middleDiff(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return joined([...a.slice(0, start).map((word) => ["same", word]), ...middle, ...a.slice(a.length - end).map((word) => ["same", word])]);
}

function words(text) {
  // Scripts without spaces are compared character by character.
  return text.match(/[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\s\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+\s*|\s+/gu) ?? [];
}

/** By a longest common subsequence. */
function middleDiff(a, b) {
  if (a.length * b.length > MOST_CELLS) return [...a.map((word) => ["gone", word]), ...b.map((word) => ["new", word])];
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const at = i * width + j;
      lengths[at] = a[i] === b[j] ? lengths[at + width + 1] + 1 : Math.max(lengths[at + width], lengths[at + 1]);
    }
  }
  const parts = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      parts.push(["same", a[i]]);
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) {
      parts.push(["gone", a[i]]);
      i += 1;
    } else {
      parts.push(["new", b[j]]);
      j += 1;
    }
  }
  return parts;
}

function joined(parts) {
  const found = [];
  for (const [kind, text] of parts) {
    const last = found[found.length - 1];
    if (last && last[0] === kind) last[1] += text;
    else found.push([kind, text]);
  }
  return found;
}

function diffBlock(before, after) {
  const tags = { same: "span", gone: "del", new: "ins" };
  return h("div", { class: "block" }, wordDiff(before, after).map(([kind, text]) => h(tags[kind], null, text)));
}
