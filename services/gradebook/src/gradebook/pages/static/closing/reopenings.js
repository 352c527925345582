// The requests of a school to write again what is closed, for whoever may answer them.

import { element, part } from "../dom.js";
import { pending } from "../reopening.js";
import { words } from "../words.js";
import { titled } from "./books.js";

export function showReopenings(at, requests) {
  part("reopenings").hidden = !requests.length;
  part("reopenings").querySelector("div").replaceChildren(
    ...requests.map((one) => {
      const what = about(at, one);
      const decided = (error) =>
        at.done("books", error ? error.message : words("answered", { name: what }));
      return element("article", {}, element("h3", {}, what), pending(one, at.person, decided));
    }),
  );
}

function about(at, one) {
  const what = one.subject
    ? [at.names.get(one.subject), words(one.term), titled(one)]
    : [words("conductTitle")];
  return [words("classOf", { name: one.class_name }), ...what].join(", ");
}
