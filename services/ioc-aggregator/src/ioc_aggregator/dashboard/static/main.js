// The page as a whole: loads snapshots, follows the feed, and hands one view to all its parts.

import { get, Refused } from "./api.js";
import { adjust, now } from "./clock.js";
import { Figures, standing } from "./figures.js";
import { Live } from "./live.js";
import { frame } from "./parts/frame.js";
import { histogram } from "./parts/histogram.js";
import { map } from "./parts/map.js";
import { places } from "./parts/places.js";
import { Ticker, ticker } from "./parts/ticker.js";
import { tiles, TILES } from "./parts/tiles.js";
import * as selecting from "./selection.js";
import { language, setLanguage, words, wordsOrNull } from "./text.js";

const ASK_FRESHNESS_EVERY = 5_000;
const ASK_ALL_EVERY = 30_000;
const ROTATE_EVERY = 20_000;
const SETTLES_WITHIN = 1_500;
const REMEMBERED = 5_000;
const FEED_BACK = 400;
const FILES = new URL(".", import.meta.url);
const SCORES = new Set(["N26", "N28"]);

let selection = selecting.read();
let names = null; // GET /units
let lists = null; // names of subjects and grades
let borders = null; // outlines of the communes
let catalogue = new Map();
let figures = null; // the place that is shown
let province = null; // the whole province, for the map
let provinceLoads = 0;
let parts = null; // the chosen breakdown
let scores = null; // the chosen histogram
let subjectsInUse = null;
let sources = [];
let staleAfter = 10_000;
let connection = { state: "connecting", since: null };
let message = "";
let loads = 0;
let release = null;
const recent = []; // the last entries of the feed, for a snapshot that is older than the stream
const changes = new Ticker();

// --- where we are ------------------------------------------------------------------------------

function href(changed) {
  return selecting.address(selecting.moved(selection, changed));
}

function go(changed) {
  const next = selecting.moved(selection, changed);
  const target = selecting.address(next);
  const elsewhere = (next.unit ?? "") !== (selection.unit ?? "");
  selection = next;
  history[elsewhere ? "pushState" : "replaceState"](null, "", target);
  message = "";
  load();
}

window.addEventListener("popstate", () => {
  selection = selecting.read();
  load();
});

function otherLanguage() {
  setLanguage(language() === "vi" ? "en" : "vi");
  history.replaceState(null, "", selecting.address(selection));
  render();
}

// --- loading -----------------------------------------------------------------------------------

/** Take a new snapshot of everything that is chosen; the last call wins. */
async function load() {
  loads += 1;
  const mine = loads;
  const { unit, period } = selection;
  render();
  try {
    const [here, whole] = await Promise.all([
      get("indicators", { unit, period }),
      unit ? get("indicators", { period }) : null,
    ]);
    if (mine !== loads) return;
    figures = caughtUp(here);
    province = whole ? caughtUp(whole) : figures;
    provinceLoads += 1;
    if (live.closed || here.feed < live.after) live.open(here.feed);
    await loadDetails(mine);
  } catch (error) {
    failed(error, mine);
  }
  render();
}

/** The breakdown and the histogram: what the feed does not bring. */
async function loadDetails(mine = loads) {
  const { unit, period, indicator } = selection;
  const chosen = breakdown();
  const asked = { unit, period };
  const [inParts, inUse] = await Promise.all([
    chosen ? get("indicators", { ...asked, indicator, by: chosen }) : null,
    get("indicators", { ...asked, indicator: "N26", by: "subject" }),
  ]);
  if (mine !== loads) return;
  parts = chosen ? { by: chosen, rows: inParts.indicators[0].number.breakdown } : null;
  subjectsInUse = new Set(inUse.indicators[0]?.number.breakdown.map((row) => row.dims.subject));
  const filter = histogramFilter();
  const found = await get("histograms", filter);
  if (mine !== loads) return;
  scores = { ...found, filter };
}

/** A school has no places in it: there the table shows the parts of its number. */
function breakdown() {
  const dims = catalogue.get(selection.indicator)?.dims ?? [];
  const wanted = selection.by ?? (figures.unit.kind === "school" ? dims[0] : null);
  return dims.includes(wanted) ? wanted : null;
}

function histogramFilter() {
  const { unit, term, kind, grade } = selection;
  const [year, termOfPeriod] = (figures?.period ?? "").split("/");
  return { unit, subject: subject(), school_year: year, term: term ?? termOfPeriod, kind, grade };
}

function subject() {
  if (selection.subject) return selection.subject;
  if (!subjectsInUse?.size || subjectsInUse.has("TOAN")) return "TOAN";
  return subjectsInUse.values().next().value;
}

/** A snapshot may be older than what the stream has brought already. */
function caughtUp(answer) {
  const taken = new Figures(answer);
  for (const entry of recent) taken.apply(entry);
  return taken;
}

function failed(error, mine) {
  if (mine !== loads) return;
  if (error instanceof Refused && error.status === 404 && selection.unit) {
    selection = selecting.moved(selection, { unit: null });
    history.replaceState(null, "", selecting.address(selection));
    message = words("unitGone");
    load();
  } else if (error instanceof Refused) {
    message = words("failed", { reason: error.message });
  }
}

// --- following ---------------------------------------------------------------------------------

let settling = null;

const live = new Live({
  entry(entry) {
    recent.push(entry);
    if (recent.length > REMEMBERED) recent.splice(0, REMEMBERED / 2);
    const touched = figures?.apply(entry);
    if (province !== figures) province?.apply(entry);
    changes.add(entry);
    if (touched && (SCORES.has(entry.indicator) || parts)) {
      settling ??= setTimeout(settle, SETTLES_WITHIN);
    }
    draw();
  },
  state(open) {
    if (open) connection = { state: "live", since: null };
    else if (connection.state === "live") connection = { state: "polling", since: now() };
    draw();
  },
  gone() {
    setTimeout(load, 1_000 + Math.random() * 2_000);
  },
});

async function settle() {
  settling = null;
  await loadDetails().catch(() => {});
  draw();
}

/** Ask how fresh the sources are: it also tells the server's time, and whether it is there at all. */
async function askFreshness() {
  const asked = performance.now();
  try {
    const answer = await get("freshness");
    adjust(answer.now, asked, performance.now());
    staleAfter = answer.stale_after_seconds * 1000;
    const before = sources.map((source) => `${source.source}:${seen(source)}`).join();
    sources = answer.sources;
    const began = before && before !== sources.map((one) => `${one.source}:${seen(one)}`).join();
    const returned = connection.state === "lost";
    if (returned) connection = { state: "polling", since: now() };
    if (returned) await reloadIfReleased();
    // Without the stream the page asks; a stream that fell silent on the way is opened anew.
    if (connection.state !== "live" || began || returned || behind()) await resume();
  } catch {
    if (connection.state !== "lost") connection = { state: "lost", since: now() };
  }
  draw();
}

function seen(source) {
  return source.state === "loading" || source.state === "no-source" ? source.state : "seen";
}

/** Does the server know a much newer as-of than the stream has brought? */
function behind() {
  const item = figures?.get("N71");
  if (!item?.as_of) return false;
  const times = sources.map((source) => source.as_of).filter(Boolean).map(Date.parse);
  return times.length > 0 && Math.min(...times) - Date.parse(item.as_of) > staleAfter;
}

async function resume() {
  if (behind()) live.close();
  await load();
}

/** After a pause the service may be a new release: then this page is an old one. */
async function reloadIfReleased() {
  const answer = await fetch(location.pathname, { cache: "no-cache" });
  const found = answer.headers.get("etag");
  if (release && found && found !== release) location.reload();
  release = found ?? release;
}

// --- showing -----------------------------------------------------------------------------------

const root = document.documentElement;
const actions = { go, href, setLanguage: otherLanguage, choose: (indicator) => go({ indicator }) };
const shown = [
  frame(root, actions),
  tiles(root, actions),
  map(root.querySelector("#map"), actions),
  places(root.querySelector("#places"), actions),
  histogram(root.querySelector("#histogram"), actions),
  ticker(root.querySelector("#ticker"), actions),
];

let units = new Map();
let schools = new Map();
let communes = new Map();

function learn(answer) {
  names = answer;
  units = new Map(answer.units.map((unit) => [unit.unit_id, unit]));
  schools = new Map(answer.schools.map((school) => [school.school_id, school]));
  communes = new Map(answer.units.filter((unit) => unit.code).map((unit) => [unit.code, living(unit)]));
}

/** A commune that was merged is shown as the one it became part of. */
function living(unit) {
  let found = unit;
  while (found.merged_into && units.has(found.merged_into)) found = units.get(found.merged_into);
  return found;
}

function view() {
  const moment = now();
  const path = figures?.path ?? [];
  return {
    now: moment,
    selection,
    figures,
    province,
    provinceLoads,
    parts,
    scores,
    lists,
    borders,
    catalogue,
    units,
    communes,
    connection,
    message,
    sources,
    subjectsInUse,
    subject: subject(),
    place: figures?.unit.unit_id,
    commune: path[1]?.unit_id ?? null,
    period: figures?.period,
    periods: names?.periods ?? [],
    schools: names?.schools ?? [],
    changes: changes.entries,
    anythingHidden: anythingHidden(),
    standing: (item) => standing(item, moment, staleAfter),
    nameOfSchool: (id) => schools.get(id)?.name ?? words("undeclaredSchool"),
    nameOfDimension,
  };
}

/** Then the page explains what "under 5" means. */
function anythingHidden() {
  const shown = [...(figures?.items.values() ?? []), ...(province?.items.values() ?? [])];
  const hidden = (number) => number.suppressed;
  return (
    shown.some((item) => hidden(item.number) || item.children.some(hidden)) ||
    Boolean(parts?.rows.some(hidden) || scores?.counts.includes(null))
  );
}

function nameOfDimension(dimension, code) {
  const listed = { subject: lists?.subjects, grade: lists?.grades }[dimension];
  const entry = listed?.find((one) => one.code === code);
  return entry?.[language()] ?? wordsOrNull(`${dimension}.${code}`) ?? code;
}

function render() {
  const current = view();
  for (const show of shown) show(current);
}

let drawing = false;

/** Many changes in one frame are shown once. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    render();
  });
}

function rotate() {
  if (!selection.rotate) return;
  const next = TILES[(TILES.indexOf(selection.indicator) + 1) % TILES.length];
  go({ indicator: next });
}

async function tellPast(feed) {
  const { entries } = await get("feed", { after: Math.max(0, feed - FEED_BACK), limit: FEED_BACK });
  for (const entry of entries) changes.add(entry.data);
}

async function start() {
  document.querySelector("#rotate").addEventListener("click", () => {
    go({ rotate: selection.rotate ? null : "1" });
  });
  render();
  const ready = [
    get("units").then(learn),
    get("indicators/catalogue").then((answer) => {
      catalogue = new Map(answer.indicators.map((entry) => [entry.indicator, entry]));
    }),
    get(new URL("lists.json", FILES)).then((answer) => (lists = answer)),
    get(new URL("map/communes.geojson", FILES)).then((answer) => (borders = answer.features)),
    askFreshness(),
  ];
  await Promise.allSettled(ready);
  await load();
  tellPast(live.after).then(draw, () => {});
  reloadIfReleased().catch(() => {});
  setInterval(askFreshness, ASK_FRESHNESS_EVERY);
  setInterval(() => load(), ASK_ALL_EVERY);
  setInterval(rotate, ROTATE_EVERY);
  setInterval(draw, 1_000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) askFreshness().then(load);
  });
}

start();
