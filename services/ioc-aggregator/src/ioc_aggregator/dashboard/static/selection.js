// What is chosen stands in the address: every view can be linked, bookmarked and gone back to.

import { language, setLanguage } from "./text.js";

const NAMES = ["unit", "indicator", "period", "by", "subject", "term", "kind", "grade", "rotate"];
const USUAL = { indicator: "N26" };

export function read() {
  const query = new URLSearchParams(location.search);
  setLanguage(query.get("lang") ?? "vi");
  return { ...USUAL, ...Object.fromEntries(NAMES.filter((n) => query.get(n)).map((n) => [n, query.get(n)])) };
}

/** The address of `selection`, without what is usual. */
export function address(selection) {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const value = selection[name];
    if (value && value !== USUAL[name]) query.set(name, value);
  }
  if (language() === "en") query.set("lang", "en");
  return query.size ? `?${query}` : location.pathname;
}

/** Another place: how it is broken down is asked anew there. */
export function moved(selection, changes) {
  const next = { ...selection, ...changes };
  if ("unit" in changes && !("by" in changes)) delete next.by;
  return next;
}
