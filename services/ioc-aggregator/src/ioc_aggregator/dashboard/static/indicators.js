// The list of every indicator by group, for a place and a period: definition, value, and its places.

import { get, Refused } from "./api.js";
import { element, keyed, setAttribute, setOptions, setText } from "./dom.js";
import { folded, time } from "./format.js";
import { coverageText, figureText, fractionText, stampText } from "./parts/figure.js";
import { forget, restatements } from "./parts/restatements.js";
import { language, periodName, placeName, setLanguage, words } from "./text.js";
import { translate } from "./translate.js";

const root = document.documentElement;
const query = new URLSearchParams(location.search);
const chosen = { unit: query.get("unit"), period: query.get("period"), q: query.get("q") ?? "" };
const search = document.querySelector("#search");
const [unit, period] = [document.querySelector("#unit"), document.querySelector("#period")];
const main = document.querySelector("main");

let catalogue = [];
let names = { units: [], periods: [] };
let closed = []; // the periods that were closed, the latest first
let signedIn = false;
let numbers = new Map(); // by indicator: its answer for the chosen place
let turn = 0;

setLanguage(query.get("lang") ?? "vi");
search.value = chosen.q;

/** Ask for what is chosen, group by group; the last choice wins. */
async function load() {
  turn += 1;
  const mine = turn;
  numbers = new Map();
  forget();
  remember();
  draw();
  const groups = [...new Set(catalogue.map((entry) => entry.group))];
  try {
    for (const group of groups) {
      const answer = await get("indicators", { group, unit: chosen.unit, period: chosen.period });
      if (mine !== turn) return;
      chosen.period ??= answer.period;
      for (const item of answer.indicators) numbers.set(item.indicator, item);
      draw();
    }
    setText(document.querySelector("#message"), "");
  } catch (error) {
    if (mine === turn) failed(error);
  }
}

function failed(error) {
  const reason = error instanceof Refused ? error.message : words("polling");
  setText(document.querySelector("#message"), words("failed", { reason }));
}

/** What is chosen stands in the address, so that it can be linked. */
function remember() {
  const next = new URLSearchParams();
  for (const [name, value] of Object.entries(chosen)) if (value) next.set(name, value);
  if (language() === "en") next.set("lang", "en");
  history.replaceState(null, "", next.size ? `?${next}` : location.pathname);
}

function draw() {
  translate(root);
  document.title = `${words("everyIndicator")} – ${words("title")}`;
  setOptions(unit, unitOptions(), chosen.unit ?? "");
  setOptions(period, periodOptions(), chosen.period ?? "");
  const wanted = folded(chosen.q.trim());
  const shown = catalogue.filter((entry) => text(entry).includes(wanted));
  setText(document.querySelector("#found"), words("found", { n: shown.length }));
  const groups = [...new Set(shown.map((entry) => entry.group))];
  keyed(main, groups, (group) => group, section, (node, group) => {
    setText(node.querySelector("h2"), words(`group.${group}`));
    for (const [at, key] of HEADINGS.entries()) {
      setText(node.querySelectorAll("th[scope=col]")[at], words(key));
    }
    const entries = shown.filter((entry) => entry.group === group);
    keyed(node.querySelector("tbody"), entries, (entry) => entry.indicator, row, fill);
  });
}

const HEADINGS = ["code", "indicatorName", "value", "fraction", "coverage", "asOfTime"];

/** What the search looks in. */
function text(entry) {
  return folded([entry.indicator, entry.name.vi, entry.name.en, entry.definition.vi].join(" "));
}

function unitOptions() {
  const units = names.units.filter((one) => !one.merged_into && one.parent_id !== null);
  const sorted = units.map((one) => [one.unit_id, placeName(one)]);
  sorted.sort((left, right) => left[1].localeCompare(right[1], language()));
  if (chosen.unit && !sorted.some(([id]) => id === chosen.unit)) sorted.push([chosen.unit, "…"]);
  return [["", words("everywhere")], ...sorted];
}

/** The public sees no number of a week or a month: a year less all others would tell it. */
function periodOptions() {
  const offered = [...names.periods, ...(signedIn ? closed : []), chosen.period];
  return [...new Set(offered)].filter(Boolean).map((code) => [code, periodName(code)]);
}

function section(group) {
  const id = `group-${group}`;
  const heads = HEADINGS.map(() => element("th", { scope: "col" }));
  return element(
    "section",
    { "aria-labelledby": id },
    element("h2", { id }),
    element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody")),
  );
}

function row(entry) {
  const details = element(
    "details",
    {},
    element("summary", {}, element("span"), element("span", { class: "mark", hidden: "" })),
    element("div"),
  );
  details.addEventListener("toggle", () => {
    if (details.open) explain(details.lastChild, entry);
  });
  return element(
    "tr",
    { id: entry.indicator },
    element("th", { scope: "row" }, entry.indicator),
    element("td", {}, details),
    element("td", { class: "number value" }),
    element("td", { class: "number fraction" }),
    element("td", { class: "number coverage" }),
    element("td", { class: "number age" }),
  );
}

function fill(node, entry) {
  const item = numbers.get(entry.indicator);
  const mark = node.querySelector(".mark");
  setText(node.querySelector("summary span"), entry.name[language()]);
  setText(mark, words("draftEvent"));
  setAttribute(mark, "hidden", entry.draft ? null : "");
  const details = node.querySelector("details");
  if (details.open) explain(details.lastChild, entry);
  const told = item && item.as_of !== null;
  const cell = (name) => node.querySelector(`:scope > .${name}`);
  setText(cell("value"), told ? valueOf(item.number, item) : absent(item));
  setText(cell("fraction"), told ? fractionText(item.number, item.unit.code) : "");
  setText(cell("coverage"), item ? coverageText(item.number) : "");
  setText(cell("age"), told ? stamp(item) : "");
}

function absent(item) {
  return words(item?.state === "no-source" ? "noSource" : "loading");
}

function stamp(item) {
  const now = Date.now();
  const asOf = Date.parse(item.as_of);
  return stampText({ state: item.state === "stale" ? "stale" : "fresh", asOf }, now);
}

function valueOf(number, item) {
  if (item.unit.code === "moment" && number.numerator !== null) {
    return time(number.numerator * 1000, Date.now());
  }
  return figureText(number, item.unit.code);
}

/** The definition, what stands above and below the line, and the number of every place below. */
function explain(node, entry) {
  const item = numbers.get(entry.indicator);
  const said = language();
  const facts = [
    ["numerator", entry.numerator[said]],
    ["denominator", entry.denominator?.[said]],
    ["unitOf", entry.unit[said]],
    ["legalBasis", entry.legal_basis],
  ];
  const list = facts
    .filter(([, value]) => value)
    .flatMap(([key, value]) => [element("dt", {}, words(key)), element("dd", {}, value)]);
  const children = item?.as_of ? item.children : [];
  const rows = children.map((child) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, placeName(child)),
      element("td", { class: "number value" }, valueOf(child, item)),
      element("td", { class: "number" }, fractionText(child, item.unit.code)),
      element("td", { class: "number" }, coverageText(child)),
    ),
  );
  const heads = ["name", "value", "fraction", "coverage"].map((key) =>
    element("th", { scope: "col" }, words(key)),
  );
  const steps = element("div");
  if (item?.as_of && closed.includes(chosen.period) && item.unit.code !== "moment") {
    restatements(steps, { ...chosen, indicator: entry.indicator }, item.unit.code).catch(failed);
  }
  node.replaceChildren(
    element("p", {}, entry.definition[said]),
    element("dl", {}, ...list),
    steps,
    ...(rows.length
      ? [
          element(
            "table",
            {},
            element("caption", { class: "visually-hidden" }, entry.name[said]),
            element("thead", {}, element("tr", {}, ...heads)),
            element("tbody", {}, ...rows),
          ),
        ]
      : []),
  );
}

search.form.addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", () => {
  chosen.q = search.value;
  remember();
  draw();
});
unit.addEventListener("change", () => {
  chosen.unit = unit.value || null;
  load();
});
period.addEventListener("change", () => {
  chosen.period = period.value;
  load();
});
document.querySelector("#language").addEventListener("click", () => {
  setLanguage(language() === "vi" ? "en" : "vi");
  remember();
  draw();
});

async function begin() {
  try {
    const asked = ["units", "indicators/catalogue", "periods", "session"].map((path) => get(path));
    const [answer, entries, past, session] = await Promise.all(asked);
    names = answer;
    catalogue = entries.indicators;
    signedIn = Boolean(session.person);
    closed = past.days.flatMap((one) => one.closed).reverse();
    await load();
  } catch (error) {
    failed(error);
  }
}

draw();
begin();
