// Says what of a row training has never seen; the words are those of pipeline/runtime/unseen.py.

const NAT = -(2n ** 63n);
const SAID = {
  category: "a category that training never saw",
  missing: "no value, which training always had",
  range: "a value outside the range of training",
  "no date": "no date of the calendar or none from 1678 to 2261, read as missing",
};

/** The warning for one value of a tensor and the cell it was made of, or "". */
export function warn(input, value, cell) {
  const known = input.known;
  const isGap = input.kind === "number" ? Number.isNaN(value) : input.kind === "date" ? value === NAT : value === "";
  if (isGap && input.kind === "date" && typeof cell === "string" && cell && !input.missingWords.has(cell)) return SAID["no date"];
  if (!known) return "";
  if (isGap) return known.missing ? "" : SAID.missing;
  if (known.categories) return input.categories.has(value) ? "" : SAID.category;
  if (known.minimum === null || known.minimum === undefined) return "";
  return value < limit(known.minimum, input) || value > limit(known.maximum, input) ? SAID.range : "";
}

/** A date's nanoseconds are written as text: JavaScript reads no such integers from JSON. */
function limit(value, { kind }) {
  return kind === "date" ? BigInt(value) : value;
}
