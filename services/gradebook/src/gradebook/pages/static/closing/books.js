// The books of a class in a term: what is missing, published, locked, and what comes next of each.

import { command } from "../commands.js";
import { element, part } from "../dom.js";
import { askReopening } from "../reopening.js";
import { day, moment, words } from "../words.js";
import { review } from "./review.js";

const MOST_SHEETS = 100; // the most that one publication takes

export const titled = ({ kind, position }) => words(`title-${kind}`, { n: position });

/** Somebody who teaches; the gradebook knows no names of staff. */
const called = (ids, person) =>
  ids
    .map((id) => (id === person.subject ? words("byYou") : words("byStaff", { id: id.slice(-6) })))
    .join(", ") || words("nobodyTeaches");

export function showBooks(at, found) {
  const { lists, term, room } = at;
  const columns = (subject) => found.sheets.filter((one) => one.subject === subject);
  const there = (subject) => found.books.has(subject) || columns(subject).length > 0;
  const planned = (subject) => term !== "HE" && at.taught.get(subject)?.length;
  const subjects = lists.subjects
    .map((one) => one.code)
    .filter((one) => at.reads(one) && (there(one) || planned(one)));
  part("books").querySelector("table tbody").replaceChildren(
    ...subjects.map((one) => row(at, one, columns(one), found)),
  );
  part("books").querySelector("table").hidden = !subjects.length;
  const hidden = subjects.filter(at.writes).flatMap((one) => toPublish(columns(one)));
  part("publish-all").hidden = !hidden.length;
  part("publish-all").textContent = words("publishAll", { n: hidden.length });
  part("publish-all").onclick = () => publish(at, hidden, room.name);
  const plan = part("plan");
  plan.hidden = !at.leads || term === "HE" || found.books.size > 0;
  plan.onsubmit = (event) => {
    event.preventDefault();
    const body = { term, due_on: plan.elements.due.value };
    act(at, "PUT", `v1/classes/${room.class_id}/assessment-plan`, body, words("planned"));
  };
}

async function act(at, method, path, body, says) {
  await command(at.person, method, path, body).then(
    () => at.done("books", says),
    (error) => at.done("books", error.message),
  );
}

/** What has marks and is not seen by guardians. */
const toPublish = (columns) => columns.filter((one) => one.cells_entered && !one.published);

function row(at, subject, columns, { books, late }) {
  const book = books.get(subject);
  const waits = late.get(subject);
  const name = at.names.get(subject);
  const shown = columns.filter((one) => one.published).length;
  const cell = (key, text, attributes = {}) =>
    element("td", { "data-label": words(key), ...attributes }, text);
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    cell("teachers", called(at.taught.get(subject) ?? [], at.person)),
    cell("entered", entered(columns, waits), { class: waits || !columns.length ? "open" : "ok" }),
    cell("toGuardians", columns.length ? words("ofColumns", { n: shown, of: columns.length }) : "–"),
    cell("book", standing(book, at.term), { class: book?.locked ? "ok" : "open" }),
    element("td", { class: "todo" }, ...todo(at, subject, columns, book)),
  );
}

function entered(columns, waits) {
  if (!columns.length) return words("noColumnYet");
  if (!waits) return words("allEntered");
  const has = waits.cells_entered + waits.cells_excused;
  return words("someEntered", { n: has, of: waits.cells_due, left: waits.cells_due - has });
}

function standing(book, term) {
  if (!book) return term === "HE" ? "–" : words("notPlanned");
  if (book.locked) return words("lockedAt", { at: moment(book.locked_at) });
  return words("lockBy", { day: day(book.due_on) });
}

function todo(at, subject, columns, book) {
  const name = at.names.get(subject);
  const hidden = toPublish(columns);
  const button = (key, values, onclick) => {
    const text = words(key, values);
    return element("button", { type: "button", "aria-label": `${text}: ${name}`, onclick }, text);
  };
  const mine = at.writes(subject);
  return [
    ...(mine && book && !book.locked
      ? [button("reviewAndLock", {}, () => lock(at, subject, columns))]
      : []),
    ...(mine && hidden.length
      ? [button("publishColumns", { n: hidden.length }, () => publish(at, hidden, name))]
      : []),
    ...(mine && book?.locked && columns.length
      ? [button("reopen", {}, () => reopen(at, name, columns))]
      : []),
    element("a", { href: at.book(subject), "aria-label": `${words("openBook")}: ${name}` }, words("openBook")),
  ];
}

async function lock(at, subject, columns) {
  if (await review(at, subject, columns)) {
    await at.done("books", words("lockedNow", { name: at.names.get(subject) }));
  }
}

async function publish(at, columns, name) {
  if (!confirm(words("askPublishColumns", { n: columns.length, name }))) return;
  const ids = columns.map((one) => one.sheet_id);
  for (let from = 0; from < ids.length; from += MOST_SHEETS) {
    const body = { sheet_ids: ids.slice(from, from + MOST_SHEETS), published: true };
    const failed = await command(at.person, "PUT", "v1/publications", body).then(
      () => null,
      (error) => error,
    );
    if (failed) return at.done("books", failed.message);
  }
  return at.done("books", words("publishedColumns", { n: ids.length, name }));
}

async function reopen(at, name, columns) {
  const shut = columns.filter((one) => !one.entry.open && !one.entry.asked_at);
  if (!shut.length) return at.done("books", words("nothingShut", { name }));
  const targets = shut.map((one) => [one.sheet_id, titled(one)]);
  const wanted = await askReopening(words("reopenTitle", { what: name }), at.lists.reopening, targets);
  if (!wanted) return null;
  const says = words("requestSent", { name });
  return act(at, "POST", `v1/sheets/${wanted.target}/reopenings`, wanted.body, says);
}

/** Who has not entered yet in the whole school; null: whoever looks does not lead it. */
export function showSchool(at, late, link) {
  part("school").hidden = !late;
  if (!late) return;
  const classes = new Set(late.map((one) => one.class_id)).size;
  part("school").querySelector("summary").textContent = words(
    late.length ? "schoolLate" : "schoolDone",
    { n: late.length, classes },
  );
  part("school").querySelector("table").hidden = !late.length;
  part("school").querySelector("tbody").replaceChildren(
    ...late.map((one) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, element("a", { href: link(one.class_id) }, one.class_name)),
        element("td", { "data-label": words("subject") }, at.names.get(one.subject)),
        element("td", { "data-label": words("teachers") }, called(one.teacher_ids, at.person)),
        element("td", { "data-label": words("entered") }, entered([one], one)),
      ),
    ),
  );
}
