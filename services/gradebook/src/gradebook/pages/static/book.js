// The score book of a class in one subject and term: read, typed into, sent.

import { account } from "./account.js";
import { Column, seen } from "./book/column.js";
import { Grid } from "./book/grid.js";
import { showHistory } from "./book/history.js";
import { write } from "./book/marks.js";
import { Reasons } from "./book/reasons.js";
import { ready, Sending } from "./book/sending.js";
import { Sheet } from "./book/sheet.js";
import { Store } from "./book/store.js";
import { address, asked, classesOf, offer, TERMS, termNow, years } from "./choice.js";
import { element, get, part } from "./dom.js";
import { day, moment, named, translate, words } from "./words.js";

const KINDS = { HK1: ["regular", "special-topic", "midterm", "endterm"], HE: ["retest"] };
KINDS.HK2 = KINDS.HK1;
const UNDONE = "entry-error";
const TO_MEND = ["wrong", "refused", "disputed"];

const choice = part("choice");
let lists;
let person;
let store;
let sheet;
let grid;
let sending;
let reasons;
let panel;
let writes = false; // whether the subject that is shown may be written
let line = "idle"; // what the sender says of itself

const say = (text) => (part("message").textContent = text);
const readable = (error) => error.message || words(error.offline ? "offline" : "failed");

// What is chosen stands in the address.

function chosen() {
  const { year, class: room, subject, term } = choice.elements;
  return { year: year.value, class: room.value, subject: subject.value, term: term.value };
}

async function chooseYear(wanted) {
  const classes = await classesOf(person, choice.elements.year.value);
  const mine = classes.map((one) => [one.class_id, one.name]);
  offer(choice.elements.class, mine, wanted.class);
  // Never another class than the one that somebody asked for.
  if (wanted.class && choice.elements.class.value !== wanted.class) {
    choice.elements.class.value = "";
    return nothing(words("notThisClass"));
  }
  if (!mine.length) return nothing(words("noClass"));
  return chooseClass(wanted);
}

async function chooseClass(wanted) {
  const room = await get(`v1/classes/${choice.elements.class.value}`);
  const taught = room.teaching.filter((one) => one.teacher_ids.length);
  const mine = taught.filter((one) => one.teacher_ids.includes(person.subject));
  const order = [...mine, ...taught.filter((one) => !mine.includes(one))];
  const readable = room.homeroom_teacher_id === person.subject || !teaches() ? order : mine;
  const names = new Map(lists.subjects.map((one) => [one.code, named(one)]));
  const offered = readable.map((one) => [one.subject, names.get(one.subject)]);
  offer(choice.elements.subject, offered, wanted.subject);
  if (!readable.length) return nothing(words("noSubject"));
  return showSheet(room);
}

const teaches = () => person.roles.every((role) => role.includes("teacher"));

function nothing(text) {
  part("sheet").hidden = true;
  say(text);
  status();
}

function mayEnter(room, subject) {
  const teaching = room.teaching.find((one) => one.subject === subject);
  const principal = person.roles.includes("principal") && person.school === room.school_id;
  return principal || (teaching?.teacher_ids.includes(person.subject) ?? false);
}

async function showSheet(room) {
  const { subject, term } = chosen();
  history.replaceState(null, "", address(chosen()));
  nothing(words("loading")); // nobody types into what is about to go
  const { sheets } = await get(`v1/classes/${room.class_id}/sheets`, { subject, term });
  const read = await Promise.all(sheets.map((one) => get(`v1/sheets/${one.sheet_id}`)));
  writes = mayEnter(room, subject);
  const columns = sheets.map((one) => ({
    ...one,
    label: words(`label-${one.kind}`, { n: one.position }),
    title: words(`title-${one.kind}`, { n: one.position }),
    ...standing(one),
  }));
  const rows = new Map(room.pupils.map((one) => [one.pupil_id, { ...one, label: one.name }]));
  for (const { cells } of read) {
    for (const { pupil_id, name, in_class } of cells) {
      if (in_class || rows.has(pupil_id)) continue;
      rows.set(pupil_id, { pupil_id, name, label: `${name} (${words("left")})` });
    }
  }
  await sheet.show(chosen(), columns, [...rows.values()], read.map((one) => [one.sheet_id, one.cells]));
  const here = [room.name, choice.elements.subject.selectedOptions[0].text, words(term)];
  part("grid").setAttribute("aria-label", here.join(", "));
  offerColumns(room);
  const { year } = chosen();
  part("closing").href = `closing${address({ year, class: room.class_id, term })}`;
  part("sheet").hidden = false;
  grid.build();
  say(columns.length ? (rows.size ? "" : words("noPupil")) : words("noColumn"));
  draw();
  sending.now();
}

/** Read the columns again; without a line what is shown stays. */
async function refresh() {
  const ids = sheet.columns.map((one) => one.sheet_id);
  const read = await Promise.all(ids.map((id) => get(`v1/sheets/${id}`))).catch(() => []);
  read.forEach(learn);
}

/** Read one column again, after something was done with it. */
async function reread({ sheet_id }) {
  await get(`v1/sheets/${sheet_id}`).then(learn, () => null);
}

/** Take over how a column stands, and what is in it; somebody who types goes on typing. */
function learn(found) {
  const known = sheet.columns.find((one) => one.sheet_id === found.sheet_id);
  if (!known) return; // another table is shown by now
  sheet.learn(found.sheet_id, found.cells);
  Object.assign(known, standing(found));
  grid.stand();
  draw();
}

function standing({ kind, entry, published, published_at }) {
  const now = { entry, published, published_at };
  return { ...now, locked: locked({ kind, entry }), seen: seen(now) };
}

/** Why a column cannot be typed into; null if it can. */
function locked({ kind, entry }) {
  if (kind === "exam") return words("lockedExam");
  if (!writes) return words("lockedNotYours");
  if (!entry || entry.open) return null;
  return words(`closed-${entry.why}`, { day: entry.last_day ? day(entry.last_day) : "" });
}

function offerColumns(room) {
  const there = (kind) => sheet.columns.filter((one) => one.kind === kind).length;
  const known = lists.columns[room.grade][chosen().subject] ?? {};
  const free = KINDS[chosen().term].filter((kind) => there(kind) < (known[kind] ?? 0));
  part("new").replaceChildren(
    ...free.map((kind) => {
      const position = there(kind) + 1;
      const title = words(`title-${kind}`, { n: position });
      return element("option", { value: `${kind} ${position}` }, title);
    }),
  );
  part("opening").hidden = !writes || !free.length;
  part("open").onclick = () => open(room);
}

/** Opening a column is the same however often it is asked for: a new key each time does no harm. */
async function open(room) {
  const [kind, position] = part("new").value.split(" ");
  const { subject, term } = chosen();
  const wanted = { class_id: room.class_id, subject, term, kind, position: Number(position) };
  const body = JSON.stringify({ sheets: [wanted] });
  const answer = await fetch("v1/sheets", {
    method: "PUT",
    headers: {
      "Content-Type": "application/json",
      "Idempotency-Key": `${room.class_id}.${subject}.${term}.${kind}.${position}`,
      "X-CSRF-Token": person.csrf,
    },
    body,
  }).catch(() => null);
  const found = await answer?.json().catch(() => null);
  if (answer?.ok) {
    await attempt(showSheet(room));
    return grid.goTo(found.sheets[0].sheet_id, sheet.rows[0]?.pupil_id);
  }
  const faults = (found?.errors ?? []).map((one) => one.what).join(" ");
  return say([found?.detail ?? words("offline"), faults].filter(Boolean).join(" "));
}

async function attempt(work) {
  try {
    await work;
  } catch (error) {
    nothing(readable(error));
  }
}

// What somebody does.

async function typed(wanted, left, options) {
  const { length } = left;
  say(length ? words("notPlaced", { n: length, texts: left.join("; ") }) : "");
  const kept = sheet.type(wanted, options);
  draw();
  const changes = await kept;
  draw();
  if (changes.some(({ sheet: of, pupil }) => sheet.state(of, pupil) === "reason")) await explain();
  sending.soon();
  return changes;
}

/** For phones, whose keys for numbers have no letters. */
async function mark(text) {
  const { pupil, column } = grid.at;
  await typed([{ sheet: column.sheet_id, pupil: pupil.pupil_id, text }], []);
  grid.focus();
}

async function explain() {
  const cells = sheet.inState("reason");
  const given = cells.length ? await reasons.ask(cells.length) : null;
  if (given) await sheet.explain(cells, given.code, given.reason);
  draw();
  if (given) sending.soon();
}

async function takeBack(step) {
  const kept = step();
  draw();
  const changes = await kept;
  draw();
  say(changes.length ? words("undone", { n: changes.length }) : words("nothingToUndo"));
  sending.soon();
  return changes;
}

async function decide(keep) {
  const { pupil, column } = grid.at;
  await sheet.decide(column.sheet_id, pupil.pupil_id, keep);
  draw();
  if (keep) await explain();
  grid.focus();
  sending.soon();
}

async function resend() {
  const { pupil, column } = grid.at;
  await sheet.retry(column.sheet_id, pupil.pupil_id);
  draw();
  grid.focus();
  sending.now();
}

function past() {
  if (grid.at) attempt(showHistory(grid.at.pupil, grid.at.column, person));
}

// What is shown.

function draw() {
  grid.draw();
  status();
  cell();
}

function status() {
  const counted = sheet.count();
  const waiting = (counted.waiting ?? 0) + (counted.sending ?? 0);
  const toMend = TO_MEND.reduce((sum, state) => sum + (counted[state] ?? 0), 0);
  const alone = { idle: "nWaiting", sending: "nSending", offline: "nOffline" };
  const says = { ...alone, busy: "nBusy", signin: "nSignIn" }[line];
  const unsent = waiting + (line === "idle" ? 0 : sheet.elsewhere.filter(ready).length);
  const calm = toMend + (counted.reason ?? 0) === 0;
  part("status").textContent = unsent ? words(says, { n: unsent }) : calm ? words("allSaved") : "";
  part("status").dataset.state = unsent ? line : "idle";
  if (line === "signin") part("enter").hidden = false;
  button("todo", toMend, "nWrong");
  button("why", counted.reason ?? 0, "nReason");
  const [other] = sheet.elsewhere;
  part("others").hidden = !other;
  if (other) {
    part("elsewhere").href = address(other.place);
    part("elsewhere").textContent = words("nElsewhere", { n: sheet.elsewhere.length });
  }
}

function button(id, n, key) {
  part(id).hidden = n === 0;
  part(id).textContent = words(key, { n });
}

function cell() {
  const at = grid.at;
  panel.show(at?.column ?? null, writes);
  part("history").hidden = !at;
  const state = at ? sheet.state(at.column.sheet_id, at.pupil.pupil_id) : "";
  for (const id of ["mine", "theirs"]) part(id).hidden = state !== "disputed";
  part("again").hidden = state !== "refused";
  for (const id of ["excused", "absent"]) part(id).hidden = !at || Boolean(at.column.locked);
  part("cell-name").textContent = at ? `${at.pupil.name}, ${at.column.title}` : words("noCell");
  part("cell-state").textContent = at ? about(at, state) : "";
}

function about({ pupil, column }, state) {
  if (column.locked) return column.locked;
  const draft = sheet.draft(column.sheet_id, pupil.pupil_id);
  if (state === "wrong") return words(draft.problem, { text: draft.text });
  if (state === "refused") return draft.refusal || words("failed");
  if (state === "disputed") {
    const theirs = write(sheet.saved(column.sheet_id, pupil.pupil_id)) || words("empty");
    const at = draft.theirs.at ? moment(draft.theirs.at) : "";
    return words("disputed", { mine: draft.text || words("empty"), theirs, at });
  }
  return words(`state-${state}`);
}

async function forget() {
  if (!confirm(words("askForget", { n: sheet.elsewhere.length }))) return;
  await sheet.forgetElsewhere();
  status();
}

function nextToMend() {
  const [first] = TO_MEND.flatMap((state) => sheet.inState(state));
  if (first) grid.goTo(first.sheet, first.pupil);
}

// Putting it together.

async function main() {
  translate("bookTitle");
  person = await account({
    signedIn: words("signedIn"),
    signedOut: words("signedOut"),
    mayLeave: () => {
      const counted = sheet?.count() ?? {};
      const n = Object.values(counted).reduce((sum, one) => sum + one, 0);
      return n === 0 || confirm(words("leaveUnsent", { n }));
    },
  });
  if (!person) return say(words("askSignIn"));
  if (!person.school) return say(words("noSchool"));
  try {
    store = new Store(person.subject);
    await store.cells();
  } catch {
    return say(words("noStore"));
  }
  lists = await get("pages/lists.json");
  reasons = new Reasons(lists.reasons);
  sheet = new Sheet(store);
  panel = new Column(person, lists.reopening, {
    ...{ changed: reread, say },
    focus: () => grid.focus(),
  });
  const told = new BroadcastChannel("edu-book");
  grid = new Grid(part("grid"), sheet, {
    typed,
    moved: cell,
    undo: () => takeBack(() => sheet.undo(UNDONE)),
    redo: () => takeBack(() => sheet.redo(UNDONE)),
    history: past,
    save: () => sending.now(),
  });
  sending = new Sending(store, person, {
    state(name) {
      line = name;
      if (name !== "sending") sheet.landed();
      draw();
    },
    flying(save) {
      sheet.flying(save);
    },
    async settled(of, known) {
      told.postMessage({ sheet: of, known });
      await sheet.settled(of, known);
      draw();
    },
  });
  told.onmessage = async ({ data }) => {
    await sheet.settled(data.sheet, data.known);
    draw();
  };
  listen();
  await sheet.reload();
  offer(choice.elements.year, years(), asked.get("year"));
  const terms = TERMS.map((one) => [one, words(one)]);
  offer(choice.elements.term, terms, asked.get("term") ?? termNow());
  return attempt(chooseYear(Object.fromEntries(asked)));
}

function listen() {
  const { year, class: room, subject, term } = choice.elements;
  const again = (work) => () => attempt(work());
  year.addEventListener("change", again(() => chooseYear({ ...chosen(), class: "" })));
  room.addEventListener("change", again(() => chooseClass(chosen())));
  for (const one of [subject, term]) {
    one.addEventListener("change", again(() => chooseClass(chosen())));
  }
  choice.addEventListener("submit", (event) => event.preventDefault());
  const { undo, redo } = { undo: () => sheet.undo(UNDONE), redo: () => sheet.redo(UNDONE) };
  part("undo").addEventListener("click", () => takeBack(undo));
  part("redo").addEventListener("click", () => takeBack(redo));
  part("todo").addEventListener("click", nextToMend);
  part("why").addEventListener("click", explain);
  part("forget").addEventListener("click", forget);
  part("mine").addEventListener("click", () => decide(true));
  part("theirs").addEventListener("click", () => decide(false));
  part("again").addEventListener("click", resend);
  part("excused").addEventListener("click", () => mark("P"));
  part("absent").addEventListener("click", () => mark("KP"));
  part("history").addEventListener("click", past);
  part("past").addEventListener("close", () => grid.focus());
  part("quick").addEventListener("change", () => (grid.quick = part("quick").checked));
  addEventListener("online", () => sending.now());
  // Whoever turns to something else expects what was typed to be on its way; whoever comes back,
  // to see what others saved meanwhile.
  document.addEventListener("visibilitychange", () => {
    sending.now();
    if (!document.hidden) refresh();
  });
}

main();
