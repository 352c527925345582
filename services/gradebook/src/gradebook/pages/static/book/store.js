// What the server does not have yet, kept in this browser until it does: the cells that somebody
// typed, and the saves that are on their way, each with its Idempotency-Key. No name is kept here.

import { newKey } from "../dom.js";

const CELLS = "cells";
const SAVES = "saves";
const MOST_CELLS = 60;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function open() {
  const request = indexedDB.open("edu-book", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(CELLS, { keyPath: ["person", "sheet", "pupil"] });
    // In the order in which they were made.
    request.result.createObjectStore(SAVES, { keyPath: "number", autoIncrement: true });
  };
  return done(request);
}

const of = (person) => IDBKeyRange.bound([person], [person, []]);

export class Store {
  #database = open();
  #person;

  /** Everything is kept by person: who signs in later at the same computer sends nothing of it. */
  constructor(person) {
    this.#person = person;
  }

  /** All in one transaction, or nothing of it. */
  async #transaction(work) {
    const database = await this.#database;
    const transaction = database.transaction([CELLS, SAVES], "readwrite", { durability: "strict" });
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const result = await work(transaction.objectStore(CELLS), transaction.objectStore(SAVES));
    await ended;
    return result;
  }

  cells() {
    return this.#transaction((cells) => done(cells.getAll(of(this.#person))));
  }

  /** Keep cells as they were typed; one that is `same` as the server has it is forgotten. */
  put(typed) {
    return this.#transaction(async (cells, saves) => {
      const waiting = (await done(saves.getAll())).filter((save) => save.person === this.#person);
      for (const { same, ...cell } of typed) {
        // What is on its way may change the server's mind: then it has to be changed back.
        const flying = waiting.some(
          (save) => save.sheet === cell.sheet && save.pupils.includes(cell.pupil),
        );
        if (same && !flying) cells.delete([this.#person, cell.sheet, cell.pupil]);
        else cells.put({ ...cell, person: this.#person, key: null });
      }
    });
  }

  /**
   * Give the save that has to be sent next: the oldest that has no answer, or a new one of cells
   * that are `ready(cell)`, of one sheet and with one reason. Its body and its key never change, so
   * that it may be sent as often as it takes. Null: there is nothing to send.
   */
  next(ready, bodyOf) {
    return this.#transaction(async (cells, saves) => {
      const waiting = await done(saves.getAll());
      const oldest = waiting.find((save) => save.person === this.#person);
      if (oldest) return oldest;
      const all = (await done(cells.getAll(of(this.#person)))).filter(ready);
      const [first] = all;
      if (!first) return null;
      const together = all
        .filter((one) =>
          ["sheet", "code", "reason"].every((name) => (one[name] ?? null) === (first[name] ?? null)),
        )
        .slice(0, MOST_CELLS);
      const save = {
        person: this.#person,
        key: newKey(),
        sheet: first.sheet,
        pupils: together.map((one) => one.pupil),
        body: bodyOf(together),
      };
      save.number = await done(saves.add(save));
      for (const one of together) cells.put({ ...one, key: save.key });
      return save;
    });
  }

  /**
   * Take an answer in: the save is done with. `judge(cell, at)` gives what becomes of each of its
   * cells (null: it is forgotten); one that was typed anew meanwhile gets `again(cell, at)`.
   */
  settle(save, judge, again) {
    return this.#transaction(async (cells, saves) => {
      saves.delete(save.number);
      for (const [at, pupil] of save.pupils.entries()) {
        const path = [this.#person, save.sheet, pupil];
        const cell = await done(cells.get(path));
        if (!cell) continue;
        const mine = cell.key === save.key;
        const becomes = mine ? judge(cell, at) : again(cell, at);
        if (becomes) cells.put({ ...becomes, key: null });
        else cells.delete(path);
      }
    });
  }
}
