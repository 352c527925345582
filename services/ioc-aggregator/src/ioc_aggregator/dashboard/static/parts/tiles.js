// The main figures of the place that is shown.

import { element, keyed, setAttribute, setNumber, setText } from "../dom.js";
import { integer, isShare, time } from "../format.js";
import { language, placeName, words, wordsOrNull } from "../text.js";
import { absence, ageText, coverageText, figureText, fractionText, stamp } from "./figure.js";

const FRESHNESS = "N71";
const MANY = 4;

/** Every indicator of the catalogue has a tile, beside the others of its group. */
export function tiles(root, { choose }) {
  const list = root.querySelector(".tiles");
  return (view) => {
    const groups = grouped(view.catalogue);
    if (!groups.length) return;
    keyed(
      list,
      groups,
      (group) => group.name,
      (group) => groupNode(group.name),
      (node, group) => {
        setText(node.firstChild, wordsOrNull(`group.${group.name}`) ?? group.name);
        node.classList.toggle("large", group.codes.length > MANY);
        node.style.setProperty("--tiles", group.codes.length);
        // Freshness names every source: it is twice as wide.
        node.style.setProperty("--span", group.codes.length + group.codes.includes(FRESHNESS));
        keyed(
          node.lastChild,
          group.codes,
          (code) => code,
          (code) => (code === FRESHNESS ? freshnessTile() : figureTile(code, choose)),
          (tile, code) => (code === FRESHNESS ? updateFreshness : updateFigure)(tile, view, code),
        );
      },
    );
  };
}

/** The indicators that can be chosen, in the order of their tiles. */
export function choices(catalogue) {
  return grouped(catalogue).flatMap((group) => group.codes.filter((code) => code !== FRESHNESS));
}

function grouped(catalogue) {
  const groups = new Map();
  for (const { group, indicator } of catalogue.values()) {
    groups.set(group, [...(groups.get(group) ?? []), indicator]);
  }
  return [...groups].map(([name, codes]) => ({ name, codes }));
}

function groupNode(name) {
  const id = `group-${name}`;
  return element(
    "li",
    { class: "group" },
    element("h2", { id }),
    element("ul", { "aria-labelledby": id }),
  );
}

function figureTile(code, choose) {
  const name = element("button", { type: "button", class: "name", onclick: () => choose(code) });
  return tile(name, element("p", { class: "fraction" }));
}

function tile(name, middle) {
  return element(
    "li",
    { class: "tile" },
    element("h3", {}, name),
    element("p", { class: "big" }),
    middle,
    element("p", { class: "below" }, element("span", { class: "coverage" }), " ", stampNode()),
  );
}

function stampNode() {
  return element("span", { class: "stamp" });
}

function updateFigure(node, view, code) {
  const name = node.querySelector(".name");
  setAttribute(name, "aria-pressed", String(view.selection.indicator === code));
  setAttribute(name, "title", words("choose"));
  const shown = updateTile(node, view, code);
  if (!shown) return;
  const { item, none, key } = shown;
  const unit = item.unit.code;
  setNumber(node.querySelector(".big"), key, none ?? figureText(item.number, unit, { short: true }));
  const counted = isShare(unit) ? "" : item.unit[language()];
  const exact = unit === "dong" ? figureText(item.number, unit) : counted;
  const fraction = none ? "" : fractionText(item.number, unit) || exact;
  setNumber(node.querySelector(".fraction"), key, fraction);
}

/** What all tiles have: name, state, n/N and as-of. */
function updateTile(node, view, code) {
  const item = view.figures?.get(code);
  setAttribute(node, "data-indicator", code);
  if (!item) return null;
  const standing = view.standing(item);
  setAttribute(node, "data-state", standing.state);
  setText(node.querySelector(".name"), item.name[language()]);
  setText(node.querySelector(".coverage"), coverageText(item.number));
  const { schools_reported: n, schools_expected: N } = item.number;
  node.style.setProperty("--coverage", N ? Math.min(n / N, 1).toFixed(3) : "0");
  stamp(node.querySelector(".below .stamp"), standing, view.now);
  return { item, standing, none: absence(standing), key: `${view.place}/${item.period}` };
}

function freshnessTile() {
  const name = element("span", { class: "name" }, words("N71"));
  const node = tile(name, element("ul", { class: "sources" }));
  node.classList.add("freshness");
  return node;
}

/** N71: how old the slowest source is, and each source by name. */
function updateFreshness(node, view, code) {
  const shown = updateTile(node, view, code);
  if (!shown) return;
  const big = shown.none ?? ageText(view.now - shown.standing.asOf);
  setText(node.querySelector(".big"), big);
  keyed(
    node.querySelector(".sources"),
    view.sources,
    (source) => source.source,
    () => element("li", {}, element("span", { class: "source" }), " ", stampNode()),
    (row, source) => {
      const standing = view.standing(source);
      const stamped = row.querySelector(".stamp");
      setText(row.querySelector(".source"), sourceName(source.source));
      setAttribute(stamped, "data-state", standing.state);
      const at = standing.asOf === undefined ? null : time(standing.asOf, view.now);
      setText(stamped, absence(standing) ?? at);
      const late = source.behind?.reduce((sum, lag) => sum + lag.due - lag.applied, 0);
      setAttribute(row, "title", late ? words("behind", { n: integer(late) }) : null);
    },
  );
}

function sourceName(source) {
  return wordsOrNull(`source.${source}`) ?? source;
}

/** One sentence about the chosen indicator, spoken when it has settled. */
export function summaryOf(view) {
  const item = view.figures?.get(view.selection.indicator);
  if (!item) return "";
  const standing = view.standing(item);
  const stamped =
    absence(standing) ??
    words(standing.state === "stale" ? "stale" : "asOf", {
      time: time(standing.asOf, view.now, { seconds: false }),
    });
  return words("summary", {
    place: placeName(view.figures.unit),
    indicator: item.name[language()],
    value: figureText(item.number, item.unit.code),
    coverage: words("reportedLong", {
      n: item.number.schools_reported,
      N: item.number.schools_expected,
    }),
    stamp: stamped,
  });
}
