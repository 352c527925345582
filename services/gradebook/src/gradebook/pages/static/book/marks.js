// How a mark is written: 8,5 · 8.5 · 10 · Đ · CĐ, and in place of one P (absent with leave, waits
// for the make-up test) or KP (without leave: 0 by rule). The server reads it again and decides.

const NUMBER = /^(0|[1-9]\d{0,3})(?:[.,](\d{1,8}))?$/;
const DECIMALS = { whole: 0, tenths: 1, hundredths: 2 };
const COMMENTS = { đ: "Đ", đạt: "Đ", d: "Đ", cđ: "CĐ", "chưa đạt": "CĐ", cd: "CĐ" };
const STATES = { p: "excused", kp: "zero-by-rule" };
const SIGNS = { excused: "P", "zero-by-rule": "KP" };

/**
 * Read what somebody typed into `{score, state}`, both null for an empty cell, or `{problem}` with
 * the key of the words that say what is wrong.
 */
export function read(text, scale) {
  const plain = text.normalize("NFC").trim().replace(/\s+/g, " ").toLowerCase();
  if (!plain) return { score: null, state: null };
  if (Object.hasOwn(STATES, plain)) return { score: null, state: STATES[plain] };
  if (scale === "comment") {
    const score = Object.hasOwn(COMMENTS, plain) ? COMMENTS[plain] : null;
    return score ? { score, state: null } : { problem: "notAComment" };
  }
  const [, whole, all = ""] = NUMBER.exec(plain) ?? [];
  if (whole === undefined) return { problem: "notANumber" };
  const decimals = all.replace(/0+$/, "");
  if (Number(whole) > 10 || (whole === "10" && decimals)) return { problem: "over10" };
  if (decimals.length > DECIMALS[scale]) return { problem: `decimals-${scale}` };
  return { score: decimals ? `${whole}.${decimals}` : whole, state: null };
}

/** 85 for 8,5: only where somebody asked for it, and never for what is a mark already. */
export function quick(text, scale) {
  const two = /^\s*(\d)(\d)\s*$/.exec(text);
  return two && scale === "tenths" && two[0].trim() !== "10" ? `${two[1]},${two[2]}` : text;
}

/** Write a cell as people here read it; an empty one is "". */
export function write({ score, state }) {
  return SIGNS[state] ?? score?.replace(".", ",") ?? "";
}

/** The text as it will stand, if it is a mark; as it was typed, if it is none. */
export function tidy(text, scale) {
  const found = read(text, scale);
  return found.problem ? text.trim() : write(found);
}
