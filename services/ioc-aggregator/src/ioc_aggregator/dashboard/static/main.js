// The page as a whole: every part shows the same view, again whenever something has changed.

import { follow } from "./following.js";
import { account } from "./parts/account.js";
import { frame } from "./parts/frame.js";
import { histogram } from "./parts/histogram.js";
import { map } from "./parts/map.js";
import { places } from "./parts/places.js";
import { ticker } from "./parts/ticker.js";
import { choices, tiles } from "./parts/tiles.js";
import { address } from "./selection.js";
import { go, href, listeners, store } from "./store.js";
import { language, setLanguage } from "./text.js";
import { view } from "./view.js";

const ROTATE_EVERY = 20_000;
const TICK = 1_000;

const root = document.documentElement;
const actions = {
  go,
  href,
  choose: (indicator) => go({ indicator, by: null }),
  rotate: () => go({ rotate: store.selection.rotate ? null : "1" }),
  otherLanguage() {
    setLanguage(language() === "vi" ? "en" : "vi");
    history.replaceState(null, "", address(store.selection));
    draw();
  },
};

const shown = [
  frame(root, actions),
  account(root.querySelector("#account")),
  tiles(root, actions),
  map(root.querySelector("#map"), actions),
  places(root.querySelector("#places"), actions),
  histogram(root.querySelector("#histogram"), actions),
  ticker(root.querySelector("#ticker"), actions),
];

let drawing = false;

/** Many changes in one frame are shown once. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const current = view();
    for (const show of shown) show(current);
  });
}

function rotate() {
  if (!store.selection.rotate) return;
  const codes = choices(store.catalogue);
  if (!codes.length) return;
  actions.choose(codes[(codes.indexOf(store.selection.indicator) + 1) % codes.length]);
}

listeners.changed = draw;
draw();
follow();
setInterval(draw, TICK); // ages grow, and a number may have become stale
setInterval(rotate, ROTATE_EVERY);
