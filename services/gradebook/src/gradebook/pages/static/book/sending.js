// Sending what the store holds, one save at a time, until the server has given each an answer.
//
// A save is sent again with the same key and the same bytes whenever no answer came, from whatever
// tab and however much later: the server applies it once. A refusal ends a save; those of its cells
// that were not at fault go out again in another one.

import { session } from "../account.js";
import { write } from "./marks.js";

const PAUSE = 1_500;
const LONGEST_PAUSE = 8_000;
const PATIENCE = 20_000;
const FIRST_RETRY = 1_000;
const LAST_RETRY = 30_000;
const LOCK = "edu-book-sending";
const CSRF = "csrf-token-invalid";

/** Whether a cell can go out as it is. */
export const ready = (cell) =>
  !cell.problem && !cell.refusal && !cell.theirs && (cell.from === "" || Boolean(cell.code));

function bodyOf(cells) {
  const [{ code, reason }] = cells;
  return JSON.stringify({
    cells: cells.map(({ pupil, score, state, version }) => ({
      pupil_id: pupil,
      score,
      state,
      version,
    })),
    ...(code ? { reason_code: code } : {}),
    ...(reason ? { reason } : {}),
  });
}

/** One tab at a time, where the browser can tell; two would send the same bytes twice. */
const alone = (work) => (navigator.locks ? navigator.locks.request(LOCK, work) : work());

const passing = (status) => status === 0 || status === 408 || status === 429 || status >= 500;

export class Sending {
  #store;
  #person;
  #told;
  #running = false;
  #again = false;
  #timer = null;
  #since = null;
  #retry = FIRST_RETRY;

  /**
   * `told.state(name)`: idle, sending, offline, busy, signin. `told.flying(save)` before each try,
   * `told.settled(sheet, known)` after each answer, with what the server has in which cell now.
   */
  constructor(store, person, told) {
    this.#store = store;
    this.#person = person;
    this.#told = told;
  }

  /** Send once the typing pauses, so that a column becomes one save and not forty. */
  soon() {
    this.#since ??= Date.now();
    const left = Math.max(0, this.#since + LONGEST_PAUSE - Date.now());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), Math.min(PAUSE, left));
  }

  async now() {
    clearTimeout(this.#timer);
    this.#since = null;
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#again) {
        this.#again = false;
        await alone(() => this.#drain());
      }
    } finally {
      this.#running = false;
    }
  }

  async #drain() {
    for (;;) {
      const save = await this.#store.next(ready, bodyOf);
      if (!save) return this.#told.state("idle");
      this.#told.flying(save);
      this.#told.state("sending");
      const answer = await this.#send(save);
      if (answer.status === 200) await this.#saved(save, answer.body);
      else if (passing(answer.status)) return this.#later(answer.status ? "busy" : "offline");
      else if (answer.status === 401 || answer.body?.type?.endsWith(CSRF)) {
        const found = await session();
        if (!found) return this.#later("offline");
        if (!this.#stillHere(found.person)) return this.#told.state("signin");
      } else await this.#refused(save, answer.body ?? {});
      this.#retry = FIRST_RETRY;
    }
  }

  async #send(save) {
    const answer = await fetch(`v1/sheets/${save.sheet}/cells`, {
      method: "PUT",
      headers: {
        "Content-Type": "application/json",
        "Idempotency-Key": save.key,
        "X-CSRF-Token": this.#person.csrf,
      },
      body: save.body,
      signal: AbortSignal.timeout(PATIENCE),
    }).catch(() => null);
    // An answer that broke off is none.
    const body = await answer?.json().catch(() => null);
    return { status: body ? answer.status : 0, body };
  }

  /** The session may have another token by now; that it is the same person's is what counts. */
  #stillHere(person) {
    if (person && person.subject !== this.#person.subject) location.reload();
    const renewed = person?.subject === this.#person.subject && person.csrf !== this.#person.csrf;
    if (renewed) this.#person = person;
    return renewed;
  }

  #later(state) {
    this.#told.state(state);
    this.#timer = setTimeout(() => this.now(), this.#retry);
    this.#retry = Math.min(2 * this.#retry, LAST_RETRY);
  }

  async #saved(save, { cells }) {
    const known = new Map(cells.map((cell) => [cell.pupil_id, cell]));
    await this.#store.settle(save, () => null, (cell) => anew(cell, known.get(cell.pupil)));
    await this.#told.settled(save.sheet, known);
  }

  async #refused(save, { type = "", detail, errors = [], cells = [] }) {
    const known = new Map(type.endsWith("cells-changed") ? cells.map((c) => [c.pupil_id, c]) : []);
    const why = new Map();
    const ofAll = [];
    for (const { where, what, how } of errors) {
      const [, row] = /cells\[(\d+)\]/.exec(where) ?? [];
      if (row === undefined) ofAll.push(what, how);
      else why.set(Number(row), `${what} ${how}`);
    }
    const all = known.size + why.size === 0;
    const general = ofAll.join(" ") || detail || "";
    const judge = (cell, at) => {
      const theirs = known.get(cell.pupil);
      if (theirs) return disputed(cell, theirs);
      if (all || why.has(at)) return { ...cell, refusal: why.get(at) ?? general };
      return cell;
    };
    const again = (cell) => (known.has(cell.pupil) ? anew(cell, known.get(cell.pupil)) : cell);
    await this.#store.settle(save, judge, again);
    await this.#told.settled(save.sheet, known);
  }
}

/** What was typed after a save had left is compared with what that save came to. */
function anew(cell, answer) {
  const from = write(answer);
  return cell.text === from ? null : { ...cell, from, version: answer.version };
}

/** Somebody else was here: a person decides which of the two it is. */
function disputed(cell, theirs) {
  const becomes = anew(cell, theirs);
  return becomes && { ...becomes, code: null, theirs: { by: theirs.changed_by, at: theirs.changed_at } };
}
