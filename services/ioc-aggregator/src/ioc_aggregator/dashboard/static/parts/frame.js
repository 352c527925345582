// The frame around the figures: where we are, which period, language, clock, connection.

import { element, keyed, setAttribute, setOptions, setText } from "../dom.js";
import { day, time } from "../format.js";
import { language, periodName, placeName, words } from "../text.js";
import { translate } from "../translate.js";
import { summaryOf } from "./tiles.js";

const SPOKEN_EVERY = 20_000;

export function frame(root, { go, href, rotate: turn, otherLanguage }) {
  const path = root.querySelector("#path");
  const period = root.querySelector("#period");
  const rotate = root.querySelector("#rotate");
  const connection = root.querySelector("#connection");
  const summary = root.querySelector("#summary");
  let spoken = {};

  period.addEventListener("change", () => go({ period: period.value }));
  rotate.addEventListener("click", turn);
  root.querySelector("#language").addEventListener("click", otherLanguage);

  return (view) => {
    translate(root);
    setAttribute(root, "data-state", view.figures ? "ready" : "loading");
    const place = view.figures && placeName(view.figures.unit);
    document.title = place ? `${place} – ${words("title")}` : words("title");
    setText(root.querySelector("#clock"), time(view.now, view.now));
    setText(root.querySelector("#today"), day(view.now));
    setAttribute(rotate, "aria-pressed", String(Boolean(view.selection.rotate)));
    setOptions(period, view.periods.map((code) => [code, periodName(code)]), view.period ?? "");
    keyed(
      path,
      view.figures?.path ?? [],
      (unit) => unit.unit_id,
      (unit) => element("li", {}, crumb(unit, go)),
      (node, unit) => {
        const here = unit.unit_id === view.place;
        setAttribute(node.firstChild, "href", href({ unit: unit.unit_id }));
        setAttribute(node.firstChild, "aria-current", here ? "page" : null);
        setText(node.firstChild, placeName(unit));
      },
    );
    setAttribute(connection, "data-connection", view.connection.state);
    setText(connection.querySelector("span"), connectionText(view));
    setText(root.querySelector("#message"), view.message ?? "");
    root.querySelector("#hidden-note").hidden = !view.anythingHidden;
    speak(view);
  };

  /** A screen reader hears a new place or state at once, a changed number only now and then. */
  function speak(view) {
    const item = view.figures?.get(view.selection.indicator);
    if (!item) return;
    const scene = `${view.place}/${view.selection.indicator}/${view.standing(item).state}/${language()}`;
    const value = JSON.stringify(item.number);
    if (scene === spoken.scene && (value === spoken.value || view.now - spoken.at < SPOKEN_EVERY)) {
      return;
    }
    spoken = { scene, value, at: view.now };
    setText(summary, summaryOf(view));
  }
}

function crumb(unit, go) {
  return element("a", {
    onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go({ unit: unit.unit_id });
    },
  });
}

function connectionText(view) {
  const { state, since } = view.connection;
  if (state !== "lost") return words(state);
  return words("lost", { time: time(since, view.now, { seconds: false }) });
}
