// Which colour a value has on the map: six classes that hold about as many communes each, with
// borders that a person can read. Both ramps only grow lighter, so they hold for colour-blind eyes
// and in grey.

const COOL = ["#2c4a86", "#2a6ba3", "#2f8fae", "#57b39f", "#a5d285", "#f4ec8f"];
const WARM = ["#4b3470", "#7c3d77", "#b04c6b", "#dd6d55", "#f49d4b", "#fbd978"];
const WARM_INDICATORS = new Set(["N28", "N642"]);

export function ramp(indicator) {
  return WARM_INDICATORS.has(indicator) ? WARM : COOL;
}

/** Borders between classes, ascending; a value on a border belongs to the class above it. */
export function borders(values, isShare) {
  const sorted = [...values].sort((one, other) => one - other);
  const least = sorted[0];
  const found = new Set();
  for (let step = 1; step < COOL.length; step += 1) {
    const cut = sorted[Math.floor((step * sorted.length) / COOL.length)];
    const border = cut === undefined ? undefined : readable(cut, sorted.at(-1) - least, isShare);
    if (border > least && border <= sorted.at(-1)) found.add(border);
  }
  // Where nearly all have the least, the few that have more must still be seen.
  if (!found.size && sorted.at(-1) > least) found.add(sorted.at(-1));
  return [...found].sort((one, other) => one - other);
}

/** Round to a step that suits the spread: tenths, whole per cents, tens, hundreds … */
function readable(value, spread, isShare) {
  let step = 1;
  while (step * 40 < spread) step *= 10;
  if (isShare && step > 10) step = 10;
  return Math.round(value / step) * step;
}

export function classOf(value, found) {
  return found.filter((border) => border <= value).length;
}

/** The colour of a class when there may be fewer classes than colours. */
export function colour(index, classes, colours) {
  if (classes === 1) return colours[3];
  return colours[Math.round((index * (colours.length - 1)) / (classes - 1))];
}
