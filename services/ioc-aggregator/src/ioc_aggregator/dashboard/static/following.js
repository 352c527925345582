// Staying up to date: the stream, the freshness of the sources, and what to do when either is gone.

import { get } from "./api.js";
import { Changes } from "./changes.js";
import { adjust, now } from "./clock.js";
import { oldest } from "./figures.js";
import { Live } from "./live.js";
import { listeners, load, loadDetails, store, take } from "./store.js";

const ASK_FRESHNESS_EVERY = 5_000;
const ASK_ALL_EVERY = 30_000;
const SETTLES_WITHIN = 1_500;
const OPEN_AGAIN_AFTER = 1_000;
const FEED_BACK = 400;

export const changes = new Changes();
let begun = false;
let settling = null;
let release = null;

const live = new Live({
  entry(entry) {
    changes.add(entry);
    if (take(entry)) settling ??= setTimeout(settle, SETTLES_WITHIN);
    listeners.changed();
  },
  state(open) {
    connected(open || store.connection.state !== "lost");
    listeners.changed();
  },
  gone() {
    setTimeout(load, OPEN_AGAIN_AFTER * (1 + 2 * Math.random()));
  },
});

/** Say how we stand with the server: it answers or not, and the stream is open or not. */
function connected(answers) {
  let state = store.connection.state === "connecting" ? "connecting" : "polling";
  if (!answers) state = "lost";
  else if (live.open) state = "live";
  if (state !== store.connection.state) store.connection = { state, since: now() };
}

/** Details are as recent as the numbers, unless a change has not reached them yet. */
export function detailsSettled() {
  return settling === null;
}

async function settle() {
  await loadDetails().catch(() => {});
  settling = null;
  listeners.changed();
}

/** Each snapshot says from which N on the stream must bring the rest. */
function taken(feed) {
  if (live.closed || feed < live.after) live.start(feed);
}

/** Ask how fresh the sources are: it also tells the server's time, and whether it is there at all. */
async function askFreshness() {
  const asked = performance.now();
  try {
    const answer = await get("freshness");
    adjust(answer.now, asked, performance.now());
    store.staleAfter = answer.stale_after_seconds * 1000;
    const known = standings(store.sources);
    store.sources = answer.sources;
    // A stream that fell silent on the way is opened anew; without one the page asks.
    if (overtaken()) live.close();
    const returned = store.connection.state === "lost";
    connected(true);
    if (returned) await reloadIfReleased();
    const turned = known !== standings(store.sources);
    if (begun && (!live.open || turned)) await load();
  } catch {
    connected(false);
  }
  listeners.changed();
}

/** Which sources have numbers: when that changes, so does every number that rests on them. */
function standings(sources) {
  return sources
    .map(({ source, state }) => `${source}:${["loading", "no-source"].includes(state) ? state : ""}`)
    .join();
}

/** Does the server count much further than the stream has brought us? */
function overtaken() {
  const item = store.figures?.get("N71");
  const times = store.sources.map((source) => source.as_of).filter(Boolean);
  if (!item?.as_of || !times.length) return false;
  return Date.parse(oldest(times)) - Date.parse(item.as_of) > store.staleAfter;
}

/** After a pause the service may be a new release: then this page is an old one. */
async function reloadIfReleased() {
  const answer = await fetch(location.pathname, { cache: "no-cache" });
  const found = answer.headers.get("etag");
  if (release && found && found !== release) location.reload();
  release = found ?? release;
}

async function tellPast() {
  const after = Math.max(0, live.after - FEED_BACK);
  const { entries } = await get("feed", { after, limit: FEED_BACK });
  for (const entry of entries) changes.add(entry.data);
  listeners.changed();
}

export async function follow() {
  listeners.taken = taken;
  await Promise.all([askFreshness(), load()]);
  begun = true;
  tellPast().catch(() => {});
  reloadIfReleased().catch(() => {});
  setInterval(askFreshness, ASK_FRESHNESS_EVERY);
  setInterval(load, ASK_ALL_EVERY);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) askFreshness().then(load);
  });
}
