// The distribution of scores: 101 bars, one for each tenth, and the same numbers as a table.

/* global uPlot */

import { element, keyed, setAttribute, setNumber, setOptions, setText } from "../dom.js";
import { decimal, figure, integer, rounded } from "../format.js";
import { language, words } from "../text.js";
import { coverageText, stamp } from "./figure.js";

const PASS = 50;
const TERMS = ["HK1", "HK2", "CN", "HE"];
const KINDS = ["regular", "special-topic", "midterm", "endterm", "retest", "exam"];
const FILTERS = ["subject", "term", "kind", "grade"];

export function histogram(root, { go }) {
  const canvas = root.querySelector(".chart");
  const tableView = root.querySelector(".table-view");
  const toggle = root.querySelector(".toggle");
  let chart = null;
  let drawn = null;
  let view = null;
  let asTable = false;

  for (const name of FILTERS) {
    const select = root.querySelector(`select[name=${name}]`);
    select.addEventListener("change", () => go({ [name]: select.value || null }));
  }
  toggle.addEventListener("click", () => {
    asTable = !asTable;
    update(view);
  });
  new ResizeObserver(() => resize()).observe(canvas);

  function update(next) {
    view = next;
    if (!view?.lists) return;
    options();
    setText(toggle, words(asTable ? "showChart" : "showTable"));
    const scores = view.scores;
    setAttribute(root, "data-state", scores ? view.standing(scores).state : "loading");
    if (!scores) return;
    stamp(root.querySelector(".panel-stamp"), view.standing(scores), view.now);
    setText(root.querySelector(".panel-coverage"), coverageText(scores));
    statistics(scores);
    const hidden = scores.count ? scores.counts.filter((count) => count === null).length : 0;
    const empty = scores.count === 0;
    const note = hidden ? words("binHidden", { n: hidden }) : "";
    setText(root.querySelector(".bins-hidden"), note);
    setText(root.querySelector(".empty"), empty ? words("noScores") : "");
    tableView.hidden = !asTable;
    canvas.hidden = asTable || !scores.count;
    if (asTable) rows(scores);
    else if (!canvas.hidden) draw(scores);
  }

  function options() {
    const { lists, selection, subjectsInUse } = view;
    const named = (entry) => [entry.code, entry[language()]];
    const subjects = lists.subjects.filter(
      (entry) => !subjectsInUse?.size || subjectsInUse.has(entry.code) || entry.code === view.subject,
    );
    const choices = {
      subject: subjects.map(named),
      term: [["", words("allTerms")], ...TERMS.map((code) => [code, words(`term.${code}`)])],
      kind: [["", words("allKinds")], ...KINDS.map((code) => [code, words(`kind.${code}`)])],
      grade: [["", words("allGrades")], ...lists.grades.map(named)],
    };
    for (const name of FILTERS) {
      const chosen = name === "subject" ? view.subject : (selection[name] ?? "");
      setOptions(root.querySelector(`select[name=${name}]`), choices[name], chosen);
    }
  }

  function statistics(scores) {
    const comment = scores.assessment === "comment";
    const known = !scores.suppressed && scores.count > 0;
    const shown = [
      ["scores", scores.suppressed ? words("suppressed") : counted(scores.count)],
      ...(comment ? [] : [["mean", known ? meanOf(scores) : "—"]]),
      [comment ? "passedComment" : "passed", known ? passedOf(scores, comment) : "—"],
    ];
    const place = `${view.place}/${JSON.stringify(scores.filter)}`;
    keyed(
      root.querySelector(".statistics"),
      shown,
      ([name]) => name,
      () => element("div", {}, element("dt"), element("dd")),
      (node, [name, value]) => {
        setText(node.firstChild, words(name));
        setNumber(node.lastChild, `${place}/${name}`, value);
      },
    );
    const subject = view.lists.subjects.find((entry) => entry.code === scores.subject);
    const summary = words("histogramSummary", {
      subject: subject[language()],
      count: shown[0][1],
      mean: comment || !known ? "—" : meanOf(scores),
    });
    setAttribute(canvas, "aria-label", summary);
    setText(tableView.querySelector("caption"), summary);
  }

  function rows(scores) {
    const comment = scores.assessment === "comment";
    const bins = scores.counts
      .map((count, bin) => ({ bin, count }))
      .filter(({ bin, count }) => (comment ? bin < 2 : count !== 0));
    setText(tableView.querySelector(".bin-head"), words("score"));
    setText(tableView.querySelector(".count-head"), words("count"));
    keyed(
      tableView.querySelector("tbody"),
      bins,
      ({ bin }) => bin,
      () => element("tr", {}, element("th", { scope: "row" }), element("td")),
      (node, { bin, count }) => {
        setText(node.firstChild, binName(bin, comment));
        setText(node.lastChild, count === null ? words("suppressed") : integer(count));
      },
    );
  }

  function draw(scores) {
    const data = columns(scores);
    const kind = `${scores.assessment}/${language()}`;
    if (!chart || chart.kind !== kind) {
      chart?.plot.destroy();
      chart = { kind, plot: new uPlot(settings(scores), data, canvas) };
      drawn = scores;
      return resize();
    }
    if (drawn !== scores) chart.plot.setData(data);
    drawn = scores;
    return undefined;
  }

  function resize() {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (chart && width && height && (chart.plot.width !== width || chart.plot.height !== height)) {
      chart.plot.setSize({ width, height });
    }
  }

  function settings(scores) {
    const comment = scores.assessment === "comment";
    const style = getComputedStyle(root);
    const color = (name) => style.getPropertyValue(name).trim();
    const font = `500 ${Math.round(parseFloat(style.fontSize) * 0.76)}px ${style.fontFamily}`;
    const axis = { stroke: color("--muted"), font, ticks: { show: false } };
    const bars = uPlot.paths.bars({ align: 1, size: [comment ? 0.7 : 1, 400, 1], radius: 0.15 });
    const bar = (fill) => ({ fill, stroke: fill, width: 0, paths: bars, points: { show: false } });
    return {
      width: canvas.clientWidth || 300,
      height: canvas.clientHeight || 200,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: false, range: () => (comment ? [-0.15, 1.85] : [0, 101]) },
        y: { range: (_, __, most) => [0, Math.max(5, (most ?? 0) * 1.06)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          splits: () => (comment ? [0.35, 1.35] : [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
          values: (_, splits) =>
            splits.map((split) =>
              comment ? binName(Math.floor(split), true) : String(Math.round(split / 10)),
            ),
        },
        {
          ...axis,
          grid: { stroke: color("--line"), width: 1 },
          size: (_, values) => 14 + 0.5 * parseFloat(style.fontSize) * Math.max(1, ...(values ?? []).map((text) => text.length)),
          values: (_, splits) =>
            splits.map((split) => (Number.isInteger(split) ? integer(split) : "")),
        },
      ],
      series: [{}, bar(color("--below")), bar(color("--passed"))],
      hooks: { setCursor: [readout] },
    };
  }

  /** What the pointer is on, in words under the chart. */
  function readout(plot) {
    const bin = plot.cursor.left < 0 ? -1 : Math.floor(plot.posToVal(plot.cursor.left, "x"));
    const count = drawn?.counts[bin];
    const node = root.querySelector(".readout");
    if (bin < 0 || count === undefined) return setText(node, "");
    const shown = count === null ? words("suppressed") : integer(count);
    return setText(node, `${binName(bin, drawn.assessment === "comment")}: ${shown}`);
  }

  return update;
}

function columns(scores) {
  const comment = scores.assessment === "comment";
  const counts = comment ? scores.counts.slice(0, 2) : scores.counts;
  const edge = comment ? 1 : PASS;
  return [
    counts.map((_, bin) => bin),
    counts.map((count, bin) => (bin < edge ? count : null)),
    counts.map((count, bin) => (bin < edge ? null : count)),
  ];
}

function binName(bin, comment) {
  if (comment) return words(bin === 1 ? "passedComment" : "failedComment");
  if (bin === 100) return "10";
  return words("bin", { from: decimal(BigInt(bin), 1), to: decimal(BigInt(bin + 1), 1) });
}

function counted(count) {
  return count === null ? "—" : integer(count);
}

/** The sum is in hundredths, so sum ÷ count rounds to hundredths of a score. */
function meanOf(scores) {
  return decimal(rounded(scores.sum, scores.count, 1n), 2);
}

function passedOf(scores, comment) {
  const counts = comment ? scores.counts.slice(1, 2) : scores.counts.slice(PASS);
  if (counts.includes(null)) return "—";
  const passed = counts.reduce((sum, count) => sum + count, 0);
  return figure(passed, scores.count, "percent");
}
