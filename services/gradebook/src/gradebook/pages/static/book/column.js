// The column of the cell that has the focus: how it stands for whoever writes it and for guardians,
// and what somebody who teaches the subject, or leads the school, may do about that.

import { command } from "../commands.js";
import { get, part } from "../dom.js";
import { askReopening, pending } from "../reopening.js";
import { day, moment, words } from "../words.js";

const OVER = ["locked", "window-over"];
const BUTTONS = ["publish", "withdraw", "reopen"];

/** What a heading says of a column besides its name. */
export const seen = (column) => (column.published ? words("published") : "");

export class Column {
  #person;
  #terms;
  #told;
  #shown = null;

  /**
   * `terms`: reasons and longest time of a re-opening. `told.changed(column)` after each answer, to
   * read the column again; `told.say(text)`, `told.focus()`, where the buttons are gone.
   */
  constructor(person, terms, told) {
    this.#person = person;
    this.#terms = terms;
    this.#told = told;
    part("publish").addEventListener("click", () => this.#publish(true));
    part("withdraw").addEventListener("click", () => this.#publish(false));
    part("reopen").addEventListener("click", () => this.#reopen());
  }

  /** Show a column, null for none; `mine`: whoever looks may write its subject. */
  show(column, mine) {
    part("column").hidden = !column;
    this.#shown = column;
    if (!column) return;
    part("column-name").textContent = words("columnNamed", { name: column.title });
    part("column-state").textContent = standing(column);
    const { entry, published } = column;
    const ours = mine && column.kind !== "exam";
    const may = {
      publish: ours && !published,
      withdraw: ours && published,
      reopen: ours && OVER.includes(entry.why) && !entry.asked_at,
    };
    const focused = BUTTONS.find((id) => document.activeElement === part(id));
    for (const id of BUTTONS) part(id).hidden = !may[id];
    // Who has just published may want to withdraw: the focus stays among the buttons.
    if (focused && !may[focused]) part(BUTTONS.find((id) => may[id]))?.focus();
    this.#waiting(column);
  }

  /** The request that waits for this column, to whoever may answer it. */
  async #waiting(column) {
    const leads = this.#person.roles.includes("principal");
    const asked = leads && column.entry.asked_at;
    const key = `${column.sheet_id} ${asked}`;
    if (part("pending").dataset.of === key) return;
    part("pending").dataset.of = key;
    part("pending").replaceChildren();
    if (!asked) return;
    const path = `v1/schools/${this.#person.school}/reopenings`;
    const found = await get(path, { state: "requested" }).catch(() => null);
    const one = found?.reopenings.find(({ target_id }) => target_id === column.sheet_id);
    if (!one || this.#shown !== column) return;
    part("pending").replaceChildren(
      pending(one, this.#person, (error) => this.#done(error, column, "answered")),
    );
  }

  async #publish(published) {
    const column = this.#shown;
    const question = published ? "askPublish" : "askWithdraw";
    if (!confirm(words(question, { name: column.title }))) return;
    const body = { sheet_ids: [column.sheet_id], published };
    await command(this.#person, "PUT", "v1/publications", body).then(
      () => this.#done(null, column, published ? "publishedNow" : "withdrawnNow"),
      (error) => this.#done(error, column),
    );
  }

  async #reopen() {
    const column = this.#shown;
    const title = words("reopenTitle", { what: column.title });
    const wanted = await askReopening(title, this.#terms, [[column.sheet_id, column.title]]);
    if (!wanted) return;
    const path = `v1/sheets/${column.sheet_id}/reopenings`;
    await command(this.#person, "POST", path, wanted.body).then(
      () => this.#done(null, column, "requestSent"),
      (error) => this.#done(error, column),
    );
  }

  async #done(error, column, key) {
    await this.#told.changed(column);
    if (document.activeElement === document.body) this.#told.focus();
    this.#told.say(error ? error.message : words(key, { name: column.title }));
  }
}

/** How a column stands, in a sentence each. */
function standing({ entry, published, published_at }) {
  const until = entry.until && moment(entry.until);
  const last = entry.last_day ? day(entry.last_day) : "";
  const open = until ? "reopenedUntil" : last ? "openUntil" : "openNow";
  const key = entry.open ? open : `closed-${entry.why}`;
  return [
    words(key, { at: until, day: last }),
    entry.asked_at ? words("reopenAsked", { at: moment(entry.asked_at) }) : "",
    published ? words("publishedAt", { at: moment(published_at) }) : words("notPublished"),
  ]
    .filter(Boolean)
    .map((one) => `${one[0].toUpperCase()}${one.slice(1).replace(/\.$/, "")}.`)
    .join(" ");
}
