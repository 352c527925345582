// Numbers and times as they are read here. Shares are computed from integers alone: nothing shown
// has ever been a floating-point number.

import { language, words } from "./text.js";

const ZONE = "Asia/Ho_Chi_Minh";
// A quotient is shown as it is; a mean of scores is kept in hundredths.
const SCALES = { percent: [100n, "%"], "per-mille": [1000n, "‰"], ratio: [1n, ""], hundredths: [1n, ""] };
const WHOLES = new Set(["percent", "per-mille"]);

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, language() === "en" ? "," : ".");
}

/** 573364 → 573.364 */
export function integer(value) {
  const digits = BigInt(value).toString();
  return digits.startsWith("-") ? `−${grouped(digits.slice(1))}` : grouped(digits);
}

/** A count of tenths or hundredths with its decimal mark: (612n, 1) → 61,2 */
export function decimal(scaled, places) {
  const digits = scaled.toString().padStart(places + 1, "0");
  const mark = language() === "en" ? "." : ",";
  return `${grouped(digits.slice(0, -places))}${mark}${digits.slice(-places)}`;
}

/** numerator ÷ denominator × scale, rounded half up. */
export function rounded(numerator, denominator, scale) {
  const [top, bottom] = [BigInt(numerator) * scale, BigInt(denominator)];
  return (2n * top + bottom) / (2n * bottom);
}

/**
 * The share in tenths of its unit. What is not complete is never shown as complete: 99.96 % stays
 * 99,9 % until the last cell is in.
 */
export function tenths(numerator, denominator, unit) {
  const whole = SCALES[unit][0] * 10n;
  if (unit === "hundredths") return rounded(numerator, BigInt(denominator) * 10n, 1n);
  const share = rounded(numerator, denominator, whole);
  const complete = share >= whole && numerator < denominator;
  return WHOLES.has(unit) && complete ? whole - 1n : share;
}

export function isShare(unit) {
  return unit in SCALES;
}

const DONG = "\u00a0đ";
const AMOUNTS = [
  [1_000_000_000n, "billions"],
  [1_000_000n, "millions"],
];

/** Money for a wall: 612,6 triệu đ; 1,2 tỷ đ. What is less than a million stands in full. */
export function brief(amount) {
  const value = BigInt(amount);
  const [size, name] = AMOUNTS.find(([least]) => value >= least) ?? [];
  return size ? words(name, { n: inTenths(rounded(value, size, 10n)) }) : integer(value) + DONG;
}

/** 6126n → 612,6; 6500n → 650 */
function inTenths(value) {
  return value % 10n === 0n ? integer(value / 10n) : decimal(value, 1);
}

/** 61,2%, 573.364 or 1.234.567 đ */
export function figure(numerator, denominator, unit) {
  if (unit === "dong") return integer(numerator) + DONG;
  if (!isShare(unit)) return integer(numerator);
  return decimal(tenths(numerator, denominator, unit), 1) + SCALES[unit][1];
}

/** The value of a class border of the map: tenths for a share, the number itself for a count. */
export function border(value, unit) {
  if (unit === "dong") return brief(value);
  if (!isShare(unit)) return integer(value);
  return inTenths(value) + SCALES[unit][1];
}

const formats = new Map();

function parts(moment, options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, ...options }));
  }
  return formats.get(key).format(moment);
}

const HOUR_MINUTE = { hour: "2-digit", minute: "2-digit" };
const SECONDS = { ...HOUR_MINUTE, second: "2-digit" };
const DAY = { day: "2-digit", month: "2-digit", year: "numeric" };

/** 10:20:31, or 21/11/2026 10:20 when that was not today; `now` is the server's clock. */
export function time(moment, now, { seconds = true } = {}) {
  const day = parts(moment, DAY);
  if (day !== parts(now, DAY)) return `${day} ${parts(moment, HOUR_MINUTE)}`;
  return parts(moment, seconds ? SECONDS : HOUR_MINUTE);
}

export function day(moment) {
  return parts(moment, DAY);
}

/** For searching: without case and diacritics, đ as d. */
export function folded(text) {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[đĐ]/g, "d")
    .toLowerCase();
}
