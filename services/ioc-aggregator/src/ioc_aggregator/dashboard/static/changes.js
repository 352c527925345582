// The latest changes, for the part that tells them.

const KEPT = 24;

/** The changes worth telling: a school's own totals. */
export class Changes {
  entries = [];

  add(entry) {
    if (entry.unit_kind !== "school" || Object.keys(entry.dims).length) return;
    if (entry.numerator === null || entry.as_of === null) return;
    const same = (other) =>
      other.unit_id === entry.unit_id &&
      other.indicator === entry.indicator &&
      other.period === entry.period;
    this.entries = [entry, ...this.entries.filter((other) => !same(other))].slice(0, KEPT);
  }
}
