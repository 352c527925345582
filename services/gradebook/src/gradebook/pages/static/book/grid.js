// The grid on the screen, after the grid pattern of the WAI-ARIA Authoring Practices, with the keys
// of a spreadsheet: a cell that is entered is selected as a whole, so that typing replaces it.

import { element } from "../dom.js";
import { words } from "../words.js";
import { byName, join, parse } from "./clipboard.js";
import { quick, tidy } from "./marks.js";

const PAGE = 10;
const clamp = (value, most) => Math.max(0, Math.min(most, value));

export class Grid {
  #table;
  #sheet;
  #told;
  // What stands on the screen; the sheet may be ahead of it.
  #rows = [];
  #columns = [];
  #inputs = [];
  #at = { row: 0, column: 0 };
  #anchor = { row: 0, column: 0 };
  #extending = false;
  #inside = false; // the arrows move within the text (F2)
  #leaving = false; // the next Tab leaves the grid (Escape)
  quick = false;

  /**
   * `told.typed(wanted, left)` takes what somebody typed or pasted and what found no place;
   * `told.moved()`, `told.undo()`, `told.redo()`, `told.history()`, `told.save()`.
   */
  constructor(table, sheet, told) {
    this.#table = table;
    this.#sheet = sheet;
    this.#told = told;
    table.addEventListener("keydown", (event) => this.#key(event));
    table.addEventListener("focusin", (event) => this.#entered(event.target));
    table.addEventListener("focusout", (event) => this.#commit(event.target));
    table.addEventListener("pointerdown", (event) => this.#pressed(event));
    table.addEventListener("pointerover", (event) => this.#dragged(event));
    table.addEventListener("dblclick", () => (this.#inside = true));
    table.addEventListener("paste", (event) => this.#paste(event));
    table.addEventListener("copy", (event) => this.#copy(event));
    table.addEventListener("cut", (event) => this.#copy(event) && this.#clear());
  }

  /** The cell that has, or had, the focus. */
  get at() {
    const { row, column } = this.#at;
    const pupil = this.#rows[row];
    const of = this.#columns[column];
    return pupil && of ? { pupil, column: of } : null;
  }

  /** Make the table anew for the columns and rows of the sheet. */
  build() {
    const { columns, rows } = this.#sheet;
    this.#rows = rows;
    this.#columns = columns;
    const head = element(
      "tr",
      { role: "row", "aria-rowindex": 1 },
      element("th", { role: "columnheader", scope: "col" }, words("pupil")),
      ...columns.map((one) => heading(one)),
    );
    this.#inputs = rows.map((row, at) => columns.map((one) => this.#input(row, one, at)));
    const body = rows.map((row, at) =>
      element(
        "tr",
        { role: "row", "aria-rowindex": at + 2 },
        element("th", { role: "rowheader", scope: "row" }, element("span", {}, `${at + 1}`), row.label),
        ...this.#inputs[at].map((input) => element("td", { role: "gridcell" }, input)),
      ),
    );
    this.#table.tHead.replaceChildren(head);
    this.#table.tBodies[0].replaceChildren(...body);
    this.#table.setAttribute("aria-rowcount", rows.length + 1);
    this.#table.setAttribute("aria-colcount", columns.length + 1);
    this.#at = {
      row: clamp(this.#at.row, rows.length - 1),
      column: clamp(this.#at.column, columns.length - 1),
    };
    this.#anchor = this.#at;
    this.#reachable();
    this.draw();
  }

  #input(row, column, at) {
    return element("input", {
      type: "text",
      tabindex: -1,
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      enterkeyhint: "enter",
      inputmode: column.scale === "comment" ? "text" : "decimal",
      "aria-label": `${row.name}, ${column.title}`,
      "data-row": at,
      "data-column": this.#columns.indexOf(column),
      ...(column.locked ? { readonly: "", "aria-readonly": "true" } : {}),
    });
  }

  /** Show what the sheet holds; what somebody is typing stays. */
  draw() {
    this.#each((input, row, column) => {
      const state = this.#sheet.state(column.sheet_id, row.pupil_id);
      const text = this.#sheet.text(column.sheet_id, row.pupil_id);
      const typing = input.dataset.text !== undefined && this.#dirty(input);
      if (!typing && input.value !== text) {
        input.value = text;
        if (document.activeElement === input && !this.#inside) input.select();
      }
      input.dataset.text = text;
      const cell = input.parentElement;
      if (cell.dataset.state !== state) cell.dataset.state = state;
      const wrong = ["wrong", "refused", "disputed"].includes(state);
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    });
    for (const [at, column] of this.#columns.entries()) {
      const filled = `${this.#sheet.filled(column.sheet_id)}/${this.#rows.length}`;
      const count = this.#table.tHead.rows[0].cells[at + 1].lastElementChild;
      if (count.textContent !== filled) count.textContent = filled;
    }
    this.#select();
  }

  /** Show anew how the columns stand: what may be typed into, and what guardians see. */
  stand() {
    for (const [on, column] of this.#columns.entries()) {
      this.#table.tHead.rows[0].cells[on + 1].replaceWith(heading(column));
      for (const row of this.#inputs) {
        row[on].readOnly = Boolean(column.locked);
        if (column.locked) row[on].setAttribute("aria-readonly", "true");
        else row[on].removeAttribute("aria-readonly");
      }
    }
  }

  focus() {
    this.#inputs[this.#at.row]?.[this.#at.column]?.focus();
  }

  /** Go to a cell by what stands in it. */
  goTo(sheet, pupil) {
    const row = this.#rows.findIndex((one) => one.pupil_id === pupil);
    const column = this.#columns.findIndex((one) => one.sheet_id === sheet);
    if (row >= 0 && column >= 0) this.#go(row, column);
  }

  #each(work) {
    for (const [at, row] of this.#rows.entries()) {
      for (const [on, column] of this.#columns.entries()) {
        if (this.#inputs[at]?.[on]) work(this.#inputs[at][on], row, column, at, on);
      }
    }
  }

  // One cell of the grid stands in the order of Tab: the one that had the focus last.
  #reachable() {
    for (const input of this.#table.querySelectorAll("input[tabindex='0']")) input.tabIndex = -1;
    const input = this.#inputs[this.#at.row]?.[this.#at.column];
    if (input) input.tabIndex = 0;
  }

  #entered(input) {
    if (!input.matches("input")) return;
    this.#at = { row: Number(input.dataset.row), column: Number(input.dataset.column) };
    if (!this.#extending) this.#anchor = this.#at;
    this.#inside = false;
    this.#leaving = false;
    this.#reachable();
    input.select();
    this.#select();
    this.#told.moved();
  }

  #go(row, column, extending = false) {
    const to = {
      row: clamp(row, this.#rows.length - 1),
      column: clamp(column, this.#columns.length - 1),
    };
    if (!extending) this.#anchor = to;
    this.#at = to;
    this.#extending = extending;
    this.focus();
    this.#extending = false;
    this.#inputs[to.row]?.[to.column]?.select();
    this.#select();
  }

  #range() {
    const rows = [this.#anchor.row, this.#at.row].sort((a, b) => a - b);
    const columns = [this.#anchor.column, this.#at.column].sort((a, b) => a - b);
    return { rows, columns };
  }

  #select() {
    const { rows, columns } = this.#range();
    const several = rows[0] !== rows[1] || columns[0] !== columns[1];
    this.#each((input, _row, _column, at, on) => {
      const within = at >= rows[0] && at <= rows[1] && on >= columns[0] && on <= columns[1];
      const cell = input.parentElement;
      const selected = String(several && within);
      if (cell.getAttribute("aria-selected") !== selected) cell.setAttribute("aria-selected", selected);
    });
  }

  #dirty(input) {
    return input.value !== input.dataset.text;
  }

  #commit(input) {
    if (!input.matches?.("input") || !this.#dirty(input)) return;
    const row = this.#rows[Number(input.dataset.row)];
    const column = this.#columns[Number(input.dataset.column)];
    const typed = this.quick ? quick(input.value, column.scale) : input.value;
    input.dataset.text = input.value;
    this.#told.typed([{ sheet: column.sheet_id, pupil: row.pupil_id, text: typed }], []);
  }

  #key(event) {
    const input = event.target;
    if (!input.matches("input") || event.isComposing) return;
    const { row, column } = this.#at;
    const command = event.ctrlKey || event.metaKey;
    const inText = this.#inside || (this.#dirty(input) && !input.readOnly);
    const done = () => event.preventDefault();
    const go = (to, on, extending = false) => {
      done();
      this.#commit(input);
      this.#go(to, on, extending);
    };
    if (event.key !== "Tab") this.#leaving = event.key === "Escape";
    if (command && !event.altKey) return this.#commandKey(event, inText, done);
    switch (event.key) {
      case "Enter":
        return go(row + (event.shiftKey ? -1 : 1), column);
      case "Tab":
        return this.#tab(event, go);
      case "ArrowUp":
      case "ArrowDown":
        return go(row + (event.key === "ArrowUp" ? -1 : 1), column, event.shiftKey);
      case "ArrowLeft":
      case "ArrowRight":
        if (this.#inside) return;
        return go(row, column + (event.key === "ArrowLeft" ? -1 : 1), event.shiftKey);
      case "PageUp":
      case "PageDown":
        return go(row + (event.key === "PageUp" ? -PAGE : PAGE), column, event.shiftKey);
      case "Home":
      case "End":
        if (this.#inside) return;
        return go(row, event.key === "Home" ? 0 : Infinity, event.shiftKey);
      case "F2":
        done();
        if (event.shiftKey) return this.#told.history();
        this.#inside = !this.#inside;
        return input.setSelectionRange(input.value.length, input.value.length);
      case "Escape":
        input.value = input.dataset.text;
        this.#inside = false;
        return input.select();
      case "Delete":
        if (inText) return;
        done();
        return this.#clear();
      default:
    }
  }

  // As in a spreadsheet from cell to cell; from the last one, and after Escape, out of the grid.
  #tab(event, go) {
    const { row, column } = this.#at;
    const wide = this.#columns.length;
    const next = row * wide + column + (event.shiftKey ? -1 : 1);
    if (this.#leaving || next < 0 || next >= wide * this.#rows.length) return;
    go(Math.floor(next / wide), next % wide);
  }

  #commandKey(event, inText, done) {
    const { row, column } = this.#at;
    const last = [this.#rows.length - 1, this.#columns.length - 1];
    const input = event.target;
    switch (event.key.toLowerCase()) {
      case "z":
        if (inText) return;
        done();
        return event.shiftKey ? this.#told.redo() : this.#told.undo();
      case "y":
        if (inText) return;
        done();
        return this.#told.redo();
      case "s":
        done();
        this.#commit(input);
        return this.#told.save();
      case "a":
        if (this.#inside) return;
        done();
        this.#anchor = { row: 0, column: 0 };
        return this.#go(...last, true);
      case "home":
      case "end": {
        done();
        this.#commit(input);
        const to = event.key === "Home" ? [0, 0] : last;
        return this.#go(...to, event.shiftKey);
      }
      case "arrowup":
      case "arrowdown":
        done();
        this.#commit(input);
        return this.#go(event.key === "ArrowUp" ? 0 : last[0], column, event.shiftKey);
      case "arrowleft":
      case "arrowright":
        if (this.#inside) return;
        done();
        this.#commit(input);
        return this.#go(row, event.key === "ArrowLeft" ? 0 : last[1], event.shiftKey);
      default:
    }
  }

  #pressed(event) {
    const input = event.target.closest("td")?.querySelector("input");
    if (!input) return;
    const to = { row: Number(input.dataset.row), column: Number(input.dataset.column) };
    if (!event.shiftKey) {
      this.#anchor = to;
      return;
    }
    event.preventDefault();
    this.#go(to.row, to.column, true);
  }

  // Dragging selects cells; a finger scrolls.
  #dragged(event) {
    if (event.pointerType !== "mouse" || event.buttons !== 1) return;
    const input = event.target.closest("td")?.querySelector("input");
    if (input) this.#go(Number(input.dataset.row), Number(input.dataset.column), true);
  }

  #texts() {
    const { rows, columns } = this.#range();
    return this.#rows.slice(rows[0], rows[1] + 1).map((row) =>
      this.#columns
        .slice(columns[0], columns[1] + 1)
        .map((column) => this.#sheet.text(column.sheet_id, row.pupil_id)),
    );
  }

  #copy(event) {
    if (this.#inside || this.#dirty(event.target)) return false;
    event.preventDefault();
    event.clipboardData.setData("text/plain", join(this.#texts()));
    return true;
  }

  #clear() {
    this.#fill(this.#texts().map((row) => row.map(() => "")));
  }

  #paste(event) {
    const block = parse(event.clipboardData.getData("text/plain"));
    const alone = block.length === 1 && block[0].length === 1;
    if (alone && this.#inside) return;
    event.preventDefault();
    event.target.value = event.target.dataset.text;
    const named = byName(block, this.#rows.map((row) => row.name));
    if (named) this.#write(named.rows, named.left);
    // One cell that is pasted over several fills them all.
    else if (alone) this.#fill(this.#texts().map((row) => row.map(() => block[0][0])));
    else this.#fill(block);
  }

  #fill(block) {
    const { rows } = this.#range();
    this.#write(block.map((texts, down) => [rows[0] + down, texts]));
  }

  /** Write rows of texts from the first column of the selection on. */
  #write(rows, left = []) {
    const { columns } = this.#range();
    const wanted = [];
    for (const [at, texts] of rows) {
      for (const [right, text] of texts.entries()) {
        const row = this.#rows[at];
        const column = this.#columns[columns[0] + right];
        const cell = row && column && { sheet: column.sheet_id, pupil: row.pupil_id, text };
        if (cell && !column.locked) wanted.push(cell);
        else if (text.trim() && !(cell && this.#same(cell, column))) left.push(text.trim());
      }
    }
    this.#told.typed(wanted, left);
  }

  #same({ sheet, pupil, text }, { scale }) {
    return this.#sheet.text(sheet, pupil) === tidy(text, scale);
  }
}

function heading(column) {
  const says = [column.title, column.locked, column.seen].filter(Boolean).join(", ");
  return element(
    "th",
    {
      role: "columnheader",
      scope: "col",
      title: says,
      "data-locked": column.locked ? "" : null,
      "data-published": column.published ? "" : null,
    },
    column.label,
    element("span", { class: "unseen" }, ` ${says} `),
    element("small", {}),
  );
}
