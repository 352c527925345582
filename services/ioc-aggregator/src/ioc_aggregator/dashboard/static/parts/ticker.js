// What has just changed in the schools, newest first; numbers only, no persons.

import { element, keyed, setAttribute, setText } from "../dom.js";
import { time } from "../format.js";
import { language, words } from "../text.js";
import { coverageText, figureText } from "./figure.js";

const KEPT = 24;

/** The changes worth telling: a school's own totals. */
export class Ticker {
  entries = [];

  add(entry) {
    if (entry.unit_kind !== "school" || Object.keys(entry.dims).length) return;
    if (entry.numerator === null || entry.as_of === null) return;
    const same = (other) =>
      other.unit_id === entry.unit_id &&
      other.indicator === entry.indicator &&
      other.period === entry.period;
    this.entries = [entry, ...this.entries.filter((other) => !same(other))].slice(0, KEPT);
  }
}

export function ticker(root, { go, href }) {
  const list = root.querySelector("ol");

  return (view) => {
    const period = view.figures?.period;
    const entries = view.changes.filter((entry) => !period || entry.period.startsWith(period));
    setText(root.querySelector(".empty"), entries.length ? "" : words("tickerEmpty"));
    keyed(
      list,
      entries,
      (entry) => entry.number,
      (entry) => node(entry, go),
      (row, entry) => {
        const [when, link, name, value, coverage] = row.children;
        const item = view.figures?.get(entry.indicator);
        setText(when, time(Date.parse(entry.as_of), view.now));
        setAttribute(link, "href", href({ unit: entry.unit_id }));
        setText(link, view.nameOfSchool(entry.unit_id));
        setText(name, item?.name[language()] ?? entry.indicator);
        setText(value, figureText(entry, entry.unit));
        setText(coverage, coverageText(entry));
      },
    );
  };
}

function node(entry, go) {
  return element(
    "li",
    {},
    element("time", { datetime: entry.as_of }),
    element("a", {
      class: "place",
      onclick: (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go({ unit: entry.unit_id });
      },
    }),
    element("span", { class: "what" }),
    element("b", { class: "value" }),
    element("span", { class: "coverage" }),
  );
}
