// What the page knows, and how it asks for it. Changes between two snapshots come by the feed.

import { get, Refused } from "./api.js";
import { Figures } from "./figures.js";
import * as selecting from "./selection.js";
import { words } from "./text.js";

const REMEMBERED = 5_000;
const FILES = new URL(".", import.meta.url);

export const store = {
  selection: selecting.read(),
  names: null, // GET /units
  lists: null, // names of subjects and grades
  borders: null, // outlines of the communes
  catalogue: new Map(),
  figures: null, // the place that is shown
  province: null, // the whole province, for the map
  provinceLoads: 0,
  parts: null, // the chosen breakdown
  scores: null, // the chosen histogram
  subjectsInUse: null,
  sources: [], // GET /freshness
  staleAfter: 10_000,
  connection: { state: "connecting", since: null },
  message: "",
};

/** Who wants to know: `changed()` of anything at all, `taken(feed)` of each new snapshot. */
export const listeners = { changed: () => {}, taken: () => {} };

const recent = []; // the last entries of the feed, for a snapshot that is older than the stream
let turn = 0;

/** What does not change while the page is open. What is missing is asked for again. */
export async function loadNames() {
  const wanted = [];
  if (!store.names) wanted.push(get("units").then((answer) => (store.names = answer)));
  if (!store.catalogue.size) {
    wanted.push(
      get("indicators/catalogue").then((answer) => {
        const first = answer.indicators.filter((entry) => entry.headline);
        store.catalogue = new Map(first.map((entry) => [entry.indicator, entry]));
      }),
    );
  }
  if (!store.lists) {
    wanted.push(get(new URL("lists.json", FILES)).then((answer) => (store.lists = answer)));
  }
  if (!store.borders) {
    const address = new URL("map/communes.geojson", FILES);
    wanted.push(get(address).then((answer) => (store.borders = answer.features)));
  }
  await Promise.all(wanted);
}

/** Take a snapshot of everything that is chosen; the last call wins. */
export async function load() {
  turn += 1;
  const mine = turn;
  const { unit, period } = store.selection;
  listeners.changed();
  try {
    const [here, whole] = await Promise.all([
      get("indicators", { unit, period }),
      unit ? get("indicators", { period }) : null,
      loadNames(),
    ]);
    if (mine !== turn) return;
    store.figures = caughtUp(here);
    store.province = whole ? caughtUp(whole) : store.figures;
    store.provinceLoads += 1;
    if (here.day !== store.names.day || hasStrangers(here)) {
      store.names = await get("units");
    }
    listeners.taken(here.feed);
    await loadDetails(mine);
  } catch (error) {
    if (mine === turn) failed(error);
  }
  listeners.changed();
}

/** The breakdown and the histogram, which the feed does not bring. */
export async function loadDetails(mine = turn) {
  const { unit, period, indicator } = store.selection;
  const by = breakdown();
  const [inParts, inUse] = await Promise.all([
    by ? get("indicators", { unit, period, indicator, by }) : null,
    get("indicators", { unit, period, indicator: "N26", by: "subject" }),
  ]);
  if (mine !== turn) return;
  store.parts = by ? { by, rows: inParts.indicators[0].number.breakdown } : null;
  store.subjectsInUse = new Set(
    inUse.indicators[0].number.breakdown.map((row) => row.dims.subject),
  );
  const filter = histogramFilter();
  const scores = await get("histograms", filter);
  if (mine === turn) store.scores = { ...scores, filter };
}

/** A school has no places in it: there the table shows the parts of its number. */
function breakdown() {
  const { selection, figures, catalogue } = store;
  const dims = catalogue.get(selection.indicator)?.dims ?? [];
  const wanted = selection.by ?? (figures.unit.kind === "school" ? dims[0] : null);
  return dims.includes(wanted) ? wanted : null;
}

function histogramFilter() {
  const { unit, term, kind, grade } = store.selection;
  const [year, termOfPeriod] = store.figures.period.split("/");
  return { unit, subject: subject(), school_year: year, term: term ?? termOfPeriod, kind, grade };
}

/** The subject of the histogram: the chosen one, else Toán, else one that has scores. */
export function subject() {
  const { selection, subjectsInUse } = store;
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

/** Has a place appeared since the names were asked for? */
function hasStrangers(answer) {
  const known = new Set(store.names.units.map((unit) => unit.unit_id));
  for (const school of store.names.schools) known.add(`${school.school_id}/${school.declared}`);
  return answer.indicators.some((item) =>
    item.children.some(
      (child) =>
        child.kind !== "undeclared" &&
        !known.has(child.kind === "school" ? `${child.unit_id}/${child.declared}` : child.unit_id),
    ),
  );
}

function failed(error) {
  if (!(error instanceof Refused)) return; // no answer at all: the connection line says so
  if (error.status === 404 && store.selection.unit) {
    store.selection = selecting.moved(store.selection, { unit: null });
    history.replaceState(null, "", selecting.address(store.selection));
    store.message = words("unitGone");
    load();
  } else {
    store.message = words("failed", { reason: error.message });
  }
}

/** Take one entry of the feed; true when details of what is shown must be asked for again. */
export function take(entry) {
  recent.push(entry);
  if (recent.length > REMEMBERED) recent.splice(0, REMEMBERED / 2);
  const touched = store.figures?.apply(entry) ?? false;
  if (store.province !== store.figures) store.province?.apply(entry);
  return touched;
}

export function go(changes) {
  const next = selecting.moved(store.selection, changes);
  const elsewhere = (next.unit ?? "") !== (store.selection.unit ?? "");
  store.selection = next;
  store.message = "";
  history[elsewhere ? "pushState" : "replaceState"](null, "", selecting.address(next));
  load();
}

export function href(changes) {
  return selecting.address(selecting.moved(store.selection, changes));
}

window.addEventListener("popstate", () => {
  store.selection = selecting.read();
  load();
});
