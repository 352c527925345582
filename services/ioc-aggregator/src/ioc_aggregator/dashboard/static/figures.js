// The numbers of one place (and of the places in it), kept up to date by the feed.

/** A snapshot of `/indicators` at feed number `feed`; entries after it are applied one by one. */
export class Figures {
  constructor(answer) {
    this.feed = answer.feed;
    this.unit = answer.unit;
    this.path = answer.path;
    this.period = answer.period;
    this.items = new Map(answer.indicators.map((item) => [item.indicator, item]));
    this.children = new Map(
      answer.indicators.map((item) => [
        item.indicator,
        new Map(item.children.map((child) => [child.unit_id, child])),
      ]),
    );
  }

  get(indicator) {
    return this.items.get(indicator);
  }

  /** Apply one entry of the feed; true when a number of this place itself changed. */
  apply(entry) {
    if (entry.number <= this.feed) return false;
    this.feed = entry.number;
    if (entry.indicator === "N71") {
      this.#advance(entry);
      return false;
    }
    const item = this.items.get(entry.indicator);
    if (!item || item.period !== entry.period || Object.keys(entry.dims).length) return false;
    const own = entry.unit_id === this.unit.unit_id;
    const number = own ? item.number : this.children.get(entry.indicator).get(entry.unit_id);
    if (!number) return false;
    number.numerator = entry.numerator;
    number.denominator = entry.denominator;
    number.suppressed = entry.numerator === null && !entry.retracted;
    number.schools_reported = entry.schools_reported;
    number.schools_expected = entry.schools_expected;
    return own;
  }

  /**
   * A source has moved on: what rests on it is as recent as the slowest of its sources. The feed
   * brings this after the changes that it covers, so no number claims more than it holds; that is
   * why the as-of of a single entry moves nothing.
   */
  #advance(entry) {
    const freshness = this.items.get("N71");
    const source = this.#source(entry.dims.source);
    if (!source) return;
    source.numerator = entry.numerator;
    source.as_of = entry.as_of;
    for (const item of this.items.values()) {
      const wanted = item === freshness ? this.sources() : item.sources;
      const times = wanted.map((name) => this.asOf(name)).filter(Boolean);
      if (times.length === wanted.length) item.as_of = oldest(times);
    }
  }

  #source(name) {
    return this.items.get("N71")?.number.breakdown.find((row) => row.dims.source === name);
  }

  /** The sources that have been heard of. */
  sources() {
    const rows = this.items.get("N71")?.number.breakdown ?? [];
    return rows.filter((row) => row.numerator !== null).map((row) => row.dims.source);
  }

  /** Up to when the numbers held here count a source. */
  asOf(name) {
    const row = this.#source(name);
    if (!row || row.numerator === null) return null;
    return row.as_of ?? new Date(row.numerator * 1000).toISOString();
  }
}

export function oldest(times) {
  return times.reduce((least, time) => (Date.parse(time) < Date.parse(least) ? time : least));
}

/**
 * How an indicator stands now: `fresh`, `stale`, `loading` or `no-source`. The page decides about
 * `stale` itself, from its as-of and the server's clock: a server that has gone away cannot say so.
 */
export function standing(item, now, staleAfter) {
  if (item.state === "no-source" || item.state === "loading") return { state: item.state };
  if (item.as_of === null) return { state: "loading" };
  const asOf = Date.parse(item.as_of);
  return { state: now - asOf > staleAfter ? "stale" : "fresh", asOf };
}
