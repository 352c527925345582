// What the parts of the page are given to show: the store, at one moment of the server's clock.

import { now } from "./clock.js";
import { standing } from "./figures.js";
import { changes, detailsSettled } from "./following.js";
import { store, subject } from "./store.js";
import { language, placeName, wordsOrNull } from "./text.js";

let naming = { names: null };

/** Look-ups by id, made once per answer of `/units`. */
function lookUps() {
  if (naming.names === store.names) return naming;
  const units = new Map(store.names.units.map((unit) => [unit.unit_id, unit]));
  const schools = new Map(store.names.schools.map((school) => [school.school_id, school]));
  const communes = new Map();
  for (const unit of units.values()) {
    // A commune that was merged is shown as the one it became part of.
    communes.set(unit.code, units.get(unit.merged_into) ?? unit);
  }
  naming = { names: store.names, units, schools, communes };
  return naming;
}

const NOBODY = { units: new Map(), schools: new Map(), communes: new Map() };

export function view() {
  const moment = now();
  const { figures, names } = store;
  const { units, schools, communes } = names ? lookUps() : NOBODY;
  return {
    ...store,
    now: moment,
    units,
    communes,
    scores: datedScores(),
    sources: datedSources(),
    subject: subject(),
    place: figures?.unit.unit_id,
    commune: figures?.path[1]?.unit_id ?? null,
    period: figures?.period,
    periods: names?.periods ?? [],
    schools: names?.schools ?? [],
    changes: changes.entries,
    anythingHidden: anythingHidden(),
    standing: (item) => standing(item, moment, store.staleAfter),
    school: (id) => schools.get(id),
    nameOfSchool: (id) =>
      placeName({ declared: false, ...schools.get(id), kind: "school", unit_id: id }),
    nameOfDimension,
  };
}

/** The histogram rests on the same source as N26, and is asked for again when that changes. */
function datedScores() {
  const { scores, figures } = store;
  const item = figures?.get("N26");
  if (!scores || !item?.as_of || !detailsSettled() || scores.unit.unit_id !== figures.unit.unit_id) {
    return scores;
  }
  return scores.as_of && scores.as_of < item.as_of ? { ...scores, as_of: item.as_of } : scores;
}

/** A source is shown as far as the numbers on this page count it, not as far as the server does. */
function datedSources() {
  return store.sources.map((source) => ({
    ...source,
    as_of: store.figures?.asOf(source.source) ?? source.as_of,
  }));
}

/** Then the page explains what "under 5" means. */
function anythingHidden() {
  const { figures, province, parts, scores } = store;
  const items = [...(figures?.items.values() ?? []), ...(province?.items.values() ?? [])];
  const hidden = (number) => number.suppressed;
  return (
    items.some((item) => hidden(item.number) || item.children.some(hidden)) ||
    Boolean(parts?.rows.some(hidden) || scores?.suppressed || (scores?.count && scores.counts.includes(null)))
  );
}

function nameOfDimension(dimension, code) {
  const listed = { subject: store.lists?.subjects, grade: store.lists?.grades }[dimension];
  const entry = listed?.find((one) => one.code === code);
  return entry?.[language()] ?? wordsOrNull(`${dimension}.${code}`) ?? code;
}
