// The class and term that are chosen at the head of a page. What is chosen stands in the address.

import { element, get } from "./dom.js";

export const TERMS = ["HK1", "HK2", "HE"];
const FIRST_MONTH = 8; // a school year begins in August (its first day is the calendar's)
const SECOND_TERM = [2, 7]; // from February to July, roughly

export const asked = new URLSearchParams(location.search);

/** The school years to choose from, this one first. */
export function years() {
  const today = new Date();
  const first = today.getFullYear() - (today.getMonth() + 1 < FIRST_MONTH ? 1 : 0);
  return [first, first - 1, first - 2].map((one) => [`${one}-${one + 1}`, `${one}-${one + 1}`]);
}

export function termNow() {
  const month = new Date().getMonth() + 1;
  return month >= SECOND_TERM[0] && month <= SECOND_TERM[1] ? "HK2" : "HK1";
}

/** Put options (`[value, text]`) into a list; the first one, where the wanted one is none of them. */
export function offer(select, options, wanted) {
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
  select.value = options.some(([value]) => value === wanted) ? wanted : (options[0]?.[0] ?? "");
}

/** The classes of a school year that somebody may open. */
export async function classesOf(person, year) {
  const { classes } = await get("v1/classes", {
    school_id: person.school,
    school_year: year,
  }).catch((error) => {
    // To whoever has no class there are none.
    if (error.status !== 404) throw error;
    return { classes: [] };
  });
  return classes;
}

/** The address of a page, by what is chosen there, in the language of this one. */
export function address(place) {
  const query = new URLSearchParams(place);
  if (asked.get("lang")) query.set("lang", asked.get("lang"));
  return `?${query}`;
}
