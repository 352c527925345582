// How one number is written, with what must stand beside it: as-of and n/N.

import { setAttribute, setText } from "../dom.js";
import { brief, figure, integer, isShare, time } from "../format.js";
import { words } from "../text.js";

const MISSING = "—";
const LARGE = 1_000_000_000; // so much is money

/** The number itself, an amount of money in full or `short`; a dash where there is none. */
export function figureText(number, unit, { short = false } = {}) {
  if (number.suppressed) return words("suppressed");
  if (number.numerator === null) return MISSING;
  if (isShare(unit) && !number.denominator) return MISSING;
  if (short && unit === "dong") return brief(number.numerator);
  return figure(number.numerator, number.denominator, unit);
}

/** 120 / 400, or why there is no fraction. */
export function fractionText(number, unit) {
  if (number.suppressed || number.numerator === null) return "";
  if (!isShare(unit)) return "";
  if (!number.denominator) return words("noCells");
  const large = number.denominator >= LARGE;
  const [part, whole] = [number.numerator, number.denominator].map(large ? brief : integer);
  return `${part} / ${whole}`;
}

export function coverageText(number) {
  return words("reported", {
    n: integer(number.schools_reported),
    N: integer(number.schools_expected),
  });
}

/** The state in words: as of when, stale since when, loading, no source. */
export function stampText(standing, now) {
  if (standing.asOf === undefined) return absence(standing);
  if (standing.state === "stale") {
    return words("stale", { time: time(standing.asOf, now, { seconds: false }) });
  }
  return words("asOf", { time: time(standing.asOf, now) });
}

const WORDLESS = { "no-source": "noSource", loading: "loading" };

/** Why there is no number at all, in words; null when there is one. */
export function absence(standing) {
  return standing.state in WORDLESS ? words(WORDLESS[standing.state]) : null;
}

/** Everything of one number in one sentence, for a tooltip or a screen reader. */
export function sentence(name, number, unit, standing, now) {
  const parts = [figureText(number, unit), fractionText(number, unit), coverageText(number)];
  return `${name}: ${parts.filter(Boolean).join("; ")}; ${stampText(standing, now)}`;
}

/** Write state and words of a stamp into its node; the icon comes from the style sheet. */
export function stamp(node, standing, now) {
  setAttribute(node, "data-state", standing.state);
  setText(node, stampText(standing, now));
}

/** An age in the largest unit that fits. */
export function ageText(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return words("seconds", { n: integer(seconds) });
  if (seconds < 7200) return words("minutes", { n: integer(Math.floor(seconds / 60)) });
  if (seconds < 172_800) return words("hours", { n: integer(Math.floor(seconds / 3600)) });
  return words("days", { n: integer(Math.floor(seconds / 86_400)) });
}
