// Roll-calls that have not reached the school yet: kept in this browser, sent once.
//
// What is being sent keeps its key until it is answered, so a save whose answer was lost is never
// made twice. Ids and states only; no name is kept. Each belongs to whoever marked it: another
// person at the same machine neither sees nor sends it.

const PREFIX = "roll-call/";

export class Unsent {
  // place: class/day/session
  constructor(subject, place) {
    this.place = place;
    this.name = `${PREFIX}${subject}/${place}`;
  }

  get address() {
    const [room, day, session] = this.place.split("/").map(encodeURIComponent);
    return `v1/classes/${room}/roll-calls/${day}/${session}`;
  }

  // What somebody has pressed save for and nobody has answered, of whatever class.
  static waiting(subject) {
    const mine = `${PREFIX}${subject}/`;
    try {
      return Object.keys(localStorage)
        .filter((name) => name.startsWith(mine))
        .map((name) => new Unsent(subject, name.slice(mine.length)))
        .filter((one) => one.read()?.sending);
    } catch {
      return [];
    }
  }

  // { marks, version, sending: { key, body } | null, wanted: the user has pressed save since }
  read() {
    try {
      return JSON.parse(localStorage.getItem(this.name));
    } catch {
      return null;
    }
  }

  keep(kept) {
    try {
      localStorage.setItem(this.name, JSON.stringify(kept));
      return true;
    } catch {
      return false; // no room, or not allowed: it lives as long as the page
    }
  }

  drop() {
    try {
      localStorage.removeItem(this.name);
    } catch {
      // there was nothing to drop, then
    }
  }
}
