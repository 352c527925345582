// What has just changed in the schools, newest first; numbers only, no persons.

import { element, keyed, setAttribute, setText } from "../dom.js";
import { time } from "../format.js";
import { language, placeName, words } from "../text.js";
import { coverageText, figureText } from "./figure.js";

export function ticker(root, { go, href }) {
  const list = root.querySelector("ol");

  return (view) => {
    const shown = (entry) => view.figures?.get(entry.indicator)?.period === entry.period;
    const entries = view.changes.filter(shown);
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
        const commune = view.units.get(view.school(entry.unit_id)?.unit_id);
        const what = item?.name[language()] ?? entry.indicator;
        setText(name, commune ? `${what} · ${placeName(commune)}` : what);
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
