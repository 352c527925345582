// The fixed words of a page: they stand in it with their keys.

import { setAttribute, setText } from "./dom.js";
import { language, words } from "./text.js";

/** Which attribute gets the words of which `data-…`. */
const ATTRIBUTES = { label: "aria-label", hint: "title", placeholder: "placeholder" };

export function translate(root) {
  if (root.dataset.language === language()) return;
  root.dataset.language = language();
  setAttribute(root, "lang", language());
  for (const node of root.querySelectorAll("[data-words]")) {
    setText(node, words(node.dataset.words));
  }
  for (const [key, attribute] of Object.entries(ATTRIBUTES)) {
    for (const node of root.querySelectorAll(`[data-${key}]`)) {
      setAttribute(node, attribute, words(node.dataset[key]));
    }
  }
}
