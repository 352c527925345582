// Conduct and remarks of a class and term: the homeroom teacher's, after the summer the principal's.
// What was typed and not saved stays, also when somebody else has saved meanwhile.

import { command } from "../commands.js";
import { element, get, part } from "../dom.js";
import { askReopening } from "../reopening.js";
import { moment, words } from "../words.js";

const LEVELS = ["good", "fair", "satisfactory", "unsatisfactory"];
const FIELDS = ["level", "absences", "remark"];

const level = (row) => words(row.level ? `level-${row.level}` : "noLevel");

export class Conduct {
  #at = null;
  #form = part("conduct").querySelector("form");
  #rows = new Map(); // pupil → { seen, inputs, theirs }

  constructor() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    this.#form.addEventListener("input", () => this.#count());
    part("reopen-conduct").addEventListener("click", () => this.#reopen());
  }

  get unsaved() {
    return [...this.#rows.values()].filter(changed).length;
  }

  show(at, { written, assessed }) {
    const same = this.#at?.room.class_id === at.room.class_id && this.#at.term === at.term;
    this.#at = at;
    part("conduct").hidden = !written;
    if (!written) return this.#rows.clear();
    part("reopen-conduct").hidden = written.open || Boolean(written.asked_at);
    this.#form.hidden = at.primary;
    if (at.primary) {
      this.#rows.clear();
      return this.#note(primary(assessed));
    }
    this.#note(says(written));
    const writes = written.open && (at.term === "HE" ? at.leads : at.homeroom);
    if (same && writes && this.#rows.size === written.pupils.length) return this.#merge(written);
    return this.#build(written, writes);
  }

  #note(text) {
    part("conduct-note").textContent = text;
  }

  #build(written, writes) {
    this.#rows.clear();
    part("save-conduct").hidden = !writes;
    this.#form.querySelector("tbody").replaceChildren(
      ...written.pupils.map((row) => {
        const cells = writes ? this.#inputs(row) : [level(row), `${row.absences ?? "–"}`, row.remark ?? ""];
        const keys = ["level", "absent-sessions", "remark"];
        return element(
          "tr",
          {},
          element("th", { scope: "row" }, row.name),
          ...cells.map((one, at) => element("td", { "data-label": words(keys[at]) }, ...[one].flat())),
        );
      }),
    );
    this.#count();
  }

  #inputs(row) {
    const label = (key) => ({ "aria-label": `${row.name}, ${words(key)}` });
    const options = [["", words("noLevel")], ...LEVELS.map((one) => [one, words(`level-${one}`)])];
    const inputs = {
      level: element(
        "select",
        label("level"),
        ...options.map(([value, text]) => element("option", { value }, text)),
      ),
      absences: element("input", {
        ...label("absent-sessions"),
        ...{ type: "number", min: 0, max: 200, inputmode: "numeric" },
      }),
      remark: element("input", { ...label("remark"), maxlength: 500, autocomplete: "off" }),
    };
    const theirs = element("p", { class: "theirs", hidden: "" });
    const one = { seen: row, inputs, theirs };
    this.#rows.set(row.pupil_id, one);
    put(one, row);
    return [inputs.level, inputs.absences, [inputs.remark, theirs]];
  }

  /** Take over what stands now. Where somebody was quicker a person decides. */
  #merge({ pupils }) {
    for (const row of pupils) {
      const one = this.#rows.get(row.pupil_id);
      if (!one || one.seen.version === row.version) continue;
      const typed = changed(one);
      one.seen = row;
      if (!typed) put(one, row);
      one.theirs.hidden = !changed(one);
      const take = () => {
        put(one, row);
        one.theirs.hidden = true;
        this.#count();
        one.inputs.remark.focus();
      };
      one.theirs.replaceChildren(
        words("theirsIs", { level: level(row), remark: row.remark || words("empty") }),
        " ",
        element("button", { type: "button", onclick: take }, words("takeTheirsRow")),
      );
    }
    this.#count();
  }

  #count() {
    const n = this.unsaved;
    part("conduct-status").textContent = n ? words("unsavedRows", { n }) : "";
  }

  async #save() {
    const rows = [...this.#rows].filter(([, one]) => changed(one));
    if (!rows.length) return;
    const path = `v1/classes/${this.#at.room.class_id}/conduct/${this.#at.term}`;
    const sent = rows.map(([pupil_id, one]) => [one, typed(one), pupil_id]);
    const pupils = sent.map(([one, now, pupil_id]) => ({
      pupil_id,
      version: one.seen.version,
      ...now,
    }));
    const failed = await command(this.#at.person, "PUT", path, { pupils }).then(
      () => null,
      (error) => error,
    );
    if (!failed) {
      for (const [one, now] of sent) one.seen = { ...one.seen, ...now };
      await this.#at.done("conduct", words("conductSaved", { n: rows.length }));
      return;
    }
    part("conduct-status").textContent = failed.message;
    if (failed.problem?.type?.endsWith("conduct-changed")) {
      const now = await get(path).catch(() => null);
      if (now) this.#merge(now);
      part("conduct-status").textContent = failed.message;
    }
  }

  async #reopen() {
    const { room, lists, person } = this.#at;
    const title = words("reopenTitle", { what: words("conductTitle") });
    const wanted = await askReopening(title, lists.reopening, [[room.class_id, room.name]]);
    if (!wanted) return;
    await command(person, "POST", `v1/classes/${room.class_id}/reopenings`, wanted.body).then(
      () => this.#at.done("conduct", words("conductAsked")),
      (error) => this.#at.done("conduct", error.message),
    );
  }
}

function put({ inputs }, row) {
  for (const name of FIELDS) inputs[name].value = row[name] ?? "";
}

/** What stands in the fields, as the API takes it. */
function typed({ inputs }) {
  const absences = inputs.absences.value;
  return {
    level: inputs.level.value || null,
    absences: absences === "" ? null : Number(absences),
    remark: inputs.remark.value.trim() || null,
  };
}

function changed(one) {
  const now = typed(one);
  return FIELDS.some((name) => now[name] !== (one.seen[name] ?? null));
}

function says({ closed, open, until, asked_at }) {
  return [
    closed ? words(open ? "conductReopened" : "conductClosed", { at: until && moment(until) }) : "",
    asked_at ? words("conductWaits", { at: moment(asked_at) }) : "",
    open ? words("absencesNote") : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** Primary's levels are no table of conduct: who has none yet is named. */
function primary({ pupils }) {
  const without = pupils.filter((one) => !one.version).map((one) => one.name);
  const key = without.length ? "assessmentsMissing" : "assessmentsDone";
  return words(key, { n: without.length, names: without.join(", ") });
}
