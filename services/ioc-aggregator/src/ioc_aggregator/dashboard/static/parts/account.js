// Who is looking: asked when the page opens, while somebody uses it, and when the session is over.

import { get } from "../api.js";
import { now } from "../clock.js";
import { setAttribute, setText } from "../dom.js";
import { placeName, words, wordsOrNull } from "../text.js";

const ASK_WHILE_USED_EVERY = 5 * 60_000;
const ASK_AT_THE_END_EVERY = 10_000;
const EVERYWHERE = ["department-officer", "auditor", "service"];

export function account(root) {
  const [who, enter, leave] = root.children;
  let session = null; // GET /session
  let asked = 0;

  async function ask() {
    asked = Date.now();
    const before = session?.person;
    session = await get("session").catch(() => session);
    // What is on the page was meant for whoever was signed in.
    if (before && before.subject !== session.person?.subject) location.reload();
  }

  // The page asks for numbers by itself; only this tells the server that somebody is there.
  function used() {
    if (session?.person && Date.now() - asked > ASK_WHILE_USED_EVERY) ask();
  }

  async function signOut() {
    const headers = { "X-CSRF-Token": session.person.csrf };
    const answer = await fetch("signout", { method: "POST", headers }).catch(() => null);
    if (!answer) return; // the connection line says so
    const { next } = answer.ok ? await answer.json() : { next: null };
    if (next) location.assign(next);
    else location.reload();
  }

  leave.addEventListener("click", signOut);
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, used);
  ask();

  return (view) => {
    const person = session?.person;
    const over = person && now() > Date.parse(person.ends);
    if (over && Date.now() - asked > ASK_AT_THE_END_EVERY) ask();
    root.hidden = !session;
    setText(who, person ? nameOf(person, view) : words("publicPage"));
    const here = encodeURIComponent(location.pathname + location.search);
    setAttribute(enter, "href", `signin?next=${here}`);
    setText(enter, words("signIn"));
    setText(leave, words("signOut"));
    enter.hidden = Boolean(person) || !session?.available;
    leave.hidden = !person;
  };
}

/** The roles and where they hold: Hiệu trưởng, Trường THCS Tân Ninh. */
function nameOf(person, view) {
  const roles = person.roles.map((role) => wordsOrNull(`role.${role}`) ?? role);
  const unit = view.units.get(person.unit);
  const place = person.school ? view.school(person.school)?.name : unit && placeName(unit);
  const everywhere = person.roles.some((role) => EVERYWHERE.includes(role));
  return [...roles, place ?? (everywhere && !person.unit ? words("everywhere") : null)]
    .filter(Boolean)
    .join(", ");
}
