// The workflow of a class and term, for its homeroom teacher and the principal: who has not entered
// yet, what is unusual before a lock, conduct, publication, re-opening, closing. Each step is a
// request of the API, which decides; a teacher of a subject sees that subject's alone.

import { account } from "./account.js";
import { address, asked, classesOf, offer, TERMS, termNow, years } from "./choice.js";
import { showBooks, showSchool } from "./closing/books.js";
import { Conduct } from "./closing/conduct.js";
import { showReopenings } from "./closing/reopenings.js";
import { showTerm } from "./closing/term.js";
import { WORDS } from "./closing/words.js";
import { element, get, part } from "./dom.js";
import { learnWords, named, translate, words } from "./words.js";

learnWords(WORDS);
const LAST_PRIMARY = 5;
const PERIODS = { HK1: "end-1", HK2: "year", HE: "support" };
const choice = part("choice");
const conduct = new Conduct();
let person;
let lists;

const say = (text) => (part("message").textContent = text);
const readable = (error) => error.message || words(error.offline ? "offline" : "failed");

function chosen() {
  const { year, class: room, term } = choice.elements;
  return { year: year.value, class: room.value, term: term.value };
}

function nothing(text) {
  part("found").hidden = true;
  say(text);
}

async function chooseYear(wanted) {
  const classes = await classesOf(person, choice.elements.year.value);
  offer(choice.elements.class, classes.map((one) => [one.class_id, one.name]), wanted.class);
  // Never another class than the one that somebody asked for.
  if (wanted.class && choice.elements.class.value !== wanted.class) {
    choice.elements.class.value = "";
    return nothing(words("notThisClass"));
  }
  return classes.length ? choose() : nothing(words("noClass"));
}

function choose() {
  history.replaceState(null, "", address(chosen()));
  nothing(words("loading"));
  return load();
}

/** Who is looking, and at what: what each part of the page is shown with. */
function place(room, term) {
  const works = person.school === room.school_id;
  const leads = works && person.roles.includes("principal");
  const taught = new Map(room.teaching.map((one) => [one.subject, one.teacher_ids]));
  const teaches = (subject) => taught.get(subject)?.includes(person.subject) ?? false;
  const homeroom = room.homeroom_teacher_id === person.subject;
  return {
    ...{ room, term, person, lists, taught, leads, homeroom },
    names: new Map(lists.subjects.map((one) => [one.code, named(one)])),
    pupils: new Map(room.pupils.map((one) => [one.pupil_id, one.name])),
    primary: Number(room.grade) <= LAST_PRIMARY,
    reads: (subject) => leads || homeroom || teaches(subject),
    writes: (subject) => leads || teaches(subject),
    book: (subject) => `book${address({ ...chosen(), subject })}`,
    done,
  };
}

/** Read everything anew; what somebody has typed of conduct and not saved stays. */
async function load() {
  const { class: class_id, term, year } = chosen();
  const of = `v1/classes/${class_id}`;
  const [room, { books }, { sheets }, { subjects }] = await Promise.all([
    get(of),
    get(`${of}/books`, { term }),
    get(`${of}/sheets`, { term }),
    get(`${of}/missing`, { term }),
  ]);
  const at = place(room, term);
  const school = `v1/schools/${room.school_id}`;
  const nobody = Promise.resolve(null);
  const whole = at.leads || at.homeroom;
  const [written, assessed, requests, late] = await Promise.all([
    whole ? get(`${of}/conduct/${term}`) : nobody,
    whole && at.primary ? get(`${of}/assessments/${PERIODS[term]}`) : nobody,
    at.leads ? get(`${school}/reopenings`, { state: "requested" }) : nobody,
    at.leads ? get(`${school}/missing`, { school_year: year, term }) : nobody,
  ]);
  if (class_id !== chosen().class || term !== chosen().term) return; // somebody went on meanwhile
  const found = {
    ...{ sheets: sheets.filter((one) => one.kind !== "exam"), written, assessed },
    books: new Map(books.map((one) => [one.subject, one])),
    late: new Map(subjects.map((one) => [one.subject, one])),
  };
  showBooks(at, found);
  showSchool(at, late?.subjects ?? null, (to) => address({ ...chosen(), class: to }));
  showReopenings(at, requests?.reopenings ?? []);
  conduct.show(at, found);
  showTerm(at, found);
  showSteps(at, found, requests?.reopenings ?? []);
  part("found").hidden = false;
  say("");
}

/** What stands of each step, with a way to it. */
function showSteps(at, { books, sheets, late, written, assessed }, requests) {
  const readable = [...books.values()].filter((one) => at.reads(one.subject));
  const locked = readable.filter((one) => one.locked).length;
  const shown = sheets.filter((one) => one.published).length;
  const rows = (at.primary ? assessed : written)?.pupils ?? [];
  const decided = rows.filter((one) => (at.primary ? one.version : one.level)).length;
  const steps = [
    ["books", late.size === 0 && sheets.length, words("stepEntered", { n: late.size })],
    ...(readable.length
      ? [["books", locked === readable.length, words("stepLocked", { n: locked, of: readable.length })]]
      : []),
    ["books", shown === sheets.length, words("stepPublished", { n: shown, of: sheets.length })],
    ...(rows.length
      ? [["conduct", decided === rows.length, words("stepConduct", { n: decided, of: rows.length })]]
      : []),
    ...(requests.length ? [["reopenings", false, words("stepReopenings", { n: requests.length })]] : []),
    ...(written ? [["term", written.closed, words(written.closed ? "stepClosed" : "stepOpen")]] : []),
  ];
  part("steps").querySelector("ol").replaceChildren(
    ...steps.map(([to, ok, says]) =>
      element("li", { "data-ok": ok ? "" : null }, element("a", { href: `#${to}` }, says)),
    ),
  );
}

/** After a step: what stands now, what came of it, and the keyboard where it was taken. */
async function done(section, says) {
  try {
    await load();
  } catch (error) {
    return say(readable(error));
  }
  say(says);
  if (section && document.activeElement === document.body) part(section).focus();
}

async function attempt(work) {
  try {
    await work;
  } catch (error) {
    nothing(readable(error));
  }
}

async function main() {
  translate("closingTitle");
  const section = location.hash.slice(1); // choosing writes the address anew
  const unsaved = () => conduct.unsaved > 0;
  person = await account({
    signedIn: words("signedIn"),
    signedOut: words("signedOut"),
    mayLeave: () => !unsaved() || confirm(words("leaveUnsaved")),
  });
  if (!person) return say(words("askSignInClosing"));
  if (!person.school) return say(words("noSchool"));
  addEventListener("beforeunload", (event) => unsaved() && event.preventDefault());
  const { year, term } = choice.elements;
  offer(year, years(), asked.get("year"));
  offer(term, TERMS.map((one) => [one, words(one)]), asked.get("term") ?? termNow());
  let before = chosen();
  choice.addEventListener("submit", (event) => event.preventDefault());
  choice.addEventListener("change", (event) => {
    if (unsaved() && !confirm(words("leaveUnsaved"))) {
      for (const [name, value] of Object.entries(before)) choice.elements[name].value = value;
      return;
    }
    const { target } = event;
    attempt(target === year ? chooseYear({}) : choose()).then(() => (before = chosen()));
  });
  return attempt(
    get("pages/lists.json").then((found) => {
      lists = found;
      return chooseYear(Object.fromEntries(asked));
    }),
  ).then(() => {
    before = chosen();
    if (section) part(section)?.focus();
  });
}

main();
