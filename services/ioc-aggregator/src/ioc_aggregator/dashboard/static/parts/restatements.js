// What later facts did to a number after its period was closed: when, by which schools, how much.

import { get } from "../api.js";
import { element } from "../dom.js";
import { day } from "../format.js";
import { placeName, words, wordsOrNull } from "../text.js";
import { figureText, fractionText } from "./figure.js";

const answers = new Map(); // by address: asked once, until something else is chosen

export function forget() {
  answers.clear();
}

/** Fill `node` with the close of a number and every step away from it. */
export async function restatements(node, { indicator, unit, period }, code) {
  const key = `${indicator} ${unit} ${period}`;
  if (!answers.has(key)) answers.set(key, get("restatements", { indicator, unit, period }));
  const found = await answers.get(key);
  const [then, now] = [found.then, found.now].map((value) => valueText(value, code));
  const steps = found.restatements;
  node.replaceChildren(
    element(
      "p",
      {},
      words("closedAt", { day: dayText(found.closed.day), value: then }),
      " ",
      steps.length ? words("restated", { value: now }) : words("notRestated"),
    ),
    ...(steps.length ? [table(steps, code)] : []),
  );
}

function table(steps, code) {
  const heads = ["dim.day", "change", "whose"].map((key) =>
    element("th", { scope: "col" }, words(key)),
  );
  const rows = steps.map((step) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, step.day ? dayText(step.day) : words("today")),
      element("td", {}, changeText(step, code)),
      element("td", {}, ...step.schools.map((school) => schoolLine(school, code))),
    ),
  );
  return element(
    "table",
    { class: "restated" },
    element("caption", {}, words("restatements")),
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...rows),
  );
}

function schoolLine(school, code) {
  const sources = [...new Set(school.streams.map(sourceName))].join(", ");
  return element("div", {}, `${placeName(school)}: ${changeText(school, code)} (${sources})`);
}

/** `gradebook.scores.v1` is the gradebook's. */
function sourceName(stream) {
  return wordsOrNull(`source.${stream.split(".")[0]}`) ?? stream;
}

function changeText({ before, after }, code) {
  return `${valueText(before, code)} → ${valueText(after, code)}`;
}

function valueText(value, code) {
  const fraction = fractionText(value, code);
  return fraction ? `${figureText(value, code)} (${fraction})` : figureText(value, code);
}

function dayText(iso) {
  return day(Date.parse(iso));
}
