// What stands in the grid: what the server has in each cell, and over it what was typed and is not
// saved yet. Every text that is typed goes through the store first.

import { read, tidy, write } from "./marks.js";

const EMPTY = { score: null, state: null, version: 0 };
const path = (sheet, pupil) => `${sheet}/${pupil}`;

export class Sheet {
  columns = [];
  rows = [];
  #place = {};
  #store;
  #saved = new Map();
  #drafts = new Map();
  #flying = new Set();
  #fresh = new Set();
  #typed = 0;
  #undo = [];
  #redo = [];
  elsewhere = [];

  constructor(store) {
    this.#store = store;
  }

  /** Show these columns of a class; `cells` are the answers of GET sheets/{id}, by sheet. */
  show(place, columns, rows, cells) {
    this.#place = place;
    this.columns = columns;
    this.rows = rows;
    this.#saved.clear();
    this.#fresh.clear();
    for (const [sheet, ofSheet] of cells) {
      for (const cell of ofSheet) this.#saved.set(path(sheet, cell.pupil_id), cell);
    }
    this.#undo = [];
    this.#redo = [];
    return this.reload();
  }

  /** Take over what the server has, where it is newer than what is known. */
  learn(sheet, cells) {
    for (const cell of cells) {
      const known = this.saved(sheet, cell.pupil_id);
      if (cell.version > known.version) this.#saved.set(path(sheet, cell.pupil_id), cell);
    }
  }

  /** How many pupils have something in a column. */
  filled(sheet) {
    return this.rows.filter((one) => this.text(sheet, one.pupil_id) !== "").length;
  }

  saved = (sheet, pupil) => this.#saved.get(path(sheet, pupil)) ?? EMPTY;

  draft = (sheet, pupil) => this.#drafts.get(path(sheet, pupil));

  text(sheet, pupil) {
    return this.draft(sheet, pupil)?.text ?? write(this.saved(sheet, pupil));
  }

  /** wrong, refused, disputed, reason, sending, waiting, saved (a moment ago) or "". */
  state(sheet, pupil) {
    const draft = this.draft(sheet, pupil);
    if (!draft) return this.#fresh.has(path(sheet, pupil)) ? "saved" : "";
    if (draft.problem) return "wrong";
    if (draft.refusal) return "refused";
    if (draft.theirs) return "disputed";
    if (draft.from !== "" && !draft.code) return "reason";
    return this.#flying.has(path(sheet, pupil)) ? "sending" : "waiting";
  }

  /** How many cells of the whole store stand in each state. */
  count() {
    const counted = { elsewhere: this.elsewhere.length };
    for (const draft of this.#drafts.values()) {
      const state = this.state(draft.sheet, draft.pupil);
      counted[state] = (counted[state] ?? 0) + 1;
    }
    return counted;
  }

  inState(state) {
    return [...this.#drafts.values()].filter((one) => this.state(one.sheet, one.pupil) === state);
  }

  /** Type into cells: `[{sheet, pupil, text}]`. What changes can be undone as one step. */
  async type(wanted, { code = null, step = true } = {}) {
    const changes = [];
    for (const { sheet, pupil, text } of wanted) {
      const column = this.columns.find((one) => one.sheet_id === sheet);
      const before = this.text(sheet, pupil);
      const after = tidy(text, column.scale);
      if (after !== before) changes.push({ sheet, pupil, before, after, scale: column.scale });
    }
    if (!changes.length) return [];
    if (step) {
      this.#undo.push(changes);
      this.#redo = [];
    }
    await this.#keep(
      changes.map(({ sheet, pupil, after, scale }) => {
        const saved = this.saved(sheet, pupil);
        const from = write(saved);
        const { score = null, state = null, problem = null } = read(after, scale);
        const same = after === from;
        const { version } = saved;
        return {
          ...{ sheet, pupil, text: after, score, state, problem, from, version, scale, same },
          ...{ place: this.#place, code, reason: null },
        };
      }),
    );
    return changes;
  }

  /** Why cells that had a mark are changed. */
  explain(cells, code, reason) {
    return this.#keep(cells.map((cell) => ({ ...cell, code, reason })));
  }

  /** Settle a dispute: keep what was typed, over theirs, or take theirs. */
  decide(sheet, pupil, keep) {
    const draft = this.draft(sheet, pupil);
    return this.#keep([{ ...draft, theirs: null, same: !keep }]);
  }

  /** Send what was refused once more: whatever was in the way may be gone. */
  retry(sheet, pupil) {
    return this.#keep([{ ...this.draft(sheet, pupil), refusal: null }]);
  }

  /** Give up what was typed in other tables, save what is on its way already. */
  async forgetElsewhere() {
    await this.#store.put(this.elsewhere.map((one) => ({ ...one, same: true })));
    await this.reload();
  }

  /** Take back the last step, cell by cell where nothing else happened since. */
  undo(code) {
    return this.#step(this.#undo, this.#redo, code);
  }

  redo(code) {
    return this.#step(this.#redo, this.#undo, code);
  }

  async #step(from, to, code) {
    const changes = from.pop();
    if (!changes) return [];
    const back = changes.map(({ before, after, ...cell }) => ({
      ...cell,
      before: after,
      after: before,
    }));
    to.push(back);
    const wanted = back.filter((one) => this.text(one.sheet, one.pupil) === one.before);
    return this.type(
      wanted.map(({ sheet, pupil, after }) => ({ sheet, pupil, text: after })),
      { code, step: false },
    );
  }

  /** Nothing is on its way any more. */
  landed() {
    this.#flying.clear();
  }

  flying(save) {
    for (const pupil of save.pupils) this.#flying.add(path(save.sheet, pupil));
  }

  /** The server has answered: these cells are like this now. */
  settled(sheet, known) {
    for (const [pupil, cell] of known) {
      this.#saved.set(path(sheet, pupil), cell);
      this.#fresh.add(path(sheet, pupil));
    }
    const gone = [...this.#flying].filter((one) => one.startsWith(`${sheet}/`));
    for (const one of gone) this.#flying.delete(one);
    return this.reload();
  }

  async #keep(cells) {
    this.#typed += 1;
    for (const { same, ...cell } of cells) {
      const key = path(cell.sheet, cell.pupil);
      if (same && !this.#flying.has(key)) this.#drafts.delete(key);
      else this.#drafts.set(key, cell);
    }
    await this.#store.put(cells);
  }

  /** Read the store again; what is typed meanwhile is not forgotten. */
  async reload() {
    for (;;) {
      const typed = this.#typed;
      const all = await this.#store.cells();
      if (typed !== this.#typed) continue;
      const here = new Set(this.columns.map((one) => one.sheet_id));
      this.#drafts = new Map(
        all.filter((one) => here.has(one.sheet)).map((one) => [path(one.sheet, one.pupil), one]),
      );
      this.elsewhere = all.filter((one) => !here.has(one.sheet));
      return;
    }
  }
}
