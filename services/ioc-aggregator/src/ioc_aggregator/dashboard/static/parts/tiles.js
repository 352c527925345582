// The main figures of the place that is shown.

import { element, keyed, setAttribute, setNumber, setText } from "../dom.js";
import { time } from "../format.js";
import { language, placeName, words, wordsOrNull } from "../text.js";
import { ageText, coverageText, figureText, fractionText, stamp } from "./figure.js";

export const TILES = ["N04", "N26", "N28"];

export function tiles(root, { choose }) {
  const list = root.querySelector(".tiles");
  return (view) => {
    keyed(
      list,
      [...TILES, "N71"],
      (code) => code,
      (code) => (code === "N71" ? freshnessTile() : figureTile(code, choose)),
      (tile, code) => (code === "N71" ? updateFreshness : updateFigure)(tile, view, code),
    );
  };
}

function figureTile(code, choose) {
  return element(
    "li",
    { class: "tile" },
    element(
      "h2",
      {},
      element("button", { type: "button", class: "name", onclick: () => choose(code) }),
    ),
    element("p", { class: "big" }),
    element("p", { class: "fraction" }),
    element("p", { class: "below" }, element("span", { class: "coverage" }), " ", stampNode()),
  );
}

function stampNode() {
  return element("span", { class: "stamp" });
}

function updateFigure(tile, view, code) {
  const item = view.figures?.get(code);
  setAttribute(tile, "data-indicator", code);
  const name = tile.querySelector(".name");
  setAttribute(name, "aria-pressed", String(view.selection.indicator === code));
  setAttribute(name, "title", words("choose"));
  if (!item) return;
  const standing = view.standing(item);
  setAttribute(tile, "data-state", standing.state);
  setText(name, item.name[language()]);
  const key = `${view.place}/${item.period}`;
  setNumber(tile.querySelector(".big"), key, figureText(item.number, item.unit.code));
  const fraction = fractionText(item.number, item.unit.code) || item.unit[language()];
  setNumber(tile.querySelector(".fraction"), key, fraction);
  setText(tile.querySelector(".coverage"), coverageText(item.number));
  setCoverage(tile, item.number);
  stamp(tile.querySelector(".stamp"), standing, view.now);
}

function setCoverage(tile, number) {
  const share = number.schools_expected ? number.schools_reported / number.schools_expected : 0;
  tile.style.setProperty("--coverage", Math.min(share, 1).toFixed(3));
}

function freshnessTile() {
  return element(
    "li",
    { class: "tile freshness" },
    element("h2", {}, element("span", { class: "name" })),
    element("p", { class: "big" }),
    element("p", { class: "fraction" }, element("span"), " ", element("span")),
    element("ul", { class: "sources below" }),
  );
}

/** N71: how old the slowest source is, and each source by name. */
function updateFreshness(tile, view, code) {
  const item = view.figures?.get(code);
  setAttribute(tile, "data-indicator", code);
  setText(tile.querySelector(".name"), item ? item.name[language()] : words("N71"));
  if (!item) return;
  const standing = view.standing(item);
  setAttribute(tile, "data-state", standing.state);
  const big = standing.asOf === undefined ? "—" : ageText(view.now - standing.asOf);
  setText(tile.querySelector(".big"), big);
  const [age, coverage] = tile.querySelector(".fraction").children;
  setText(age, standing.asOf === undefined ? "" : words("ago"));
  setText(coverage, item.number.schools_expected ? `· ${coverageText(item.number)}` : "");
  keyed(
    tile.querySelector(".sources"),
    view.sources,
    (source) => source.source,
    () => element("li", {}, element("span", { class: "source" }), " ", stampNode()),
    (row, source) => {
      const name = wordsOrNull(`source.${source.source}`) ?? source.source;
      setText(row.querySelector(".source"), name);
      stamp(row.querySelector(".stamp"), view.standing(source), view.now);
      const late = source.behind?.reduce((sum, lag) => sum + lag.due - lag.applied, 0);
      setAttribute(row, "title", late ? words("behind", { n: late }) : null);
    },
  );
}

/** One sentence about the chosen indicator, spoken when it has settled. */
export function summaryOf(view) {
  const item = view.figures?.get(view.selection.indicator);
  if (!item) return "";
  const standing = view.standing(item);
  const stamped =
    standing.asOf === undefined
      ? words(standing.state === "loading" ? "loading" : "noSource")
      : words(standing.state === "stale" ? "stale" : "asOf", {
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
