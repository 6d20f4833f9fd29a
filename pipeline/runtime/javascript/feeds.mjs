// Builds the input tensors of a model from cells, by the feed contract in its manifest.
// Passes every case of feed_cases.json: `npm run verify`.

const REFUSED = Symbol("refused");

/** A cell that its column cannot hold: `row` (1-based), `column`, `value`. */
export class CellError extends Error {
  constructor(column, row, value, expected) {
    const shown = JSON.stringify(value)?.slice(0, 60) ?? String(value);
    super(`row ${row}, column ${JSON.stringify(column)}: got ${shown}, expected ${expected}`);
    Object.assign(this, { name: "CellError", column, row, value, expected });
  }
}

/** Builds feeds for the inputs of one manifest. */
export class FeedBuilder {
  constructor(manifest) {
    this.contract = manifest.feed;
    if (this.contract?.version !== 1) {
      throw new Error(`the manifest's feed contract has version ${this.contract?.version}, expected 1`);
    }
    this.inputs = manifest.inputs.map((input) => ({
      ...input,
      grammars: (this.contract.grammars[input.name] ?? []).map(compiled),
      missingWords: new Set(input.cells?.missing ?? []),
      categories: new Set(input.known?.categories ?? []),
    }));
  }

  /** Rows (objects with exactly the model's columns) as {name: data of a tensor [N, 1]}. */
  build(rows) {
    const names = new Set(this.inputs.map((input) => input.name));
    rows.forEach((row, place) => {
      for (const name of Object.keys(row)) {
        if (!names.has(name)) throw new Error(`row ${place + 1}: got the column ${JSON.stringify(name)}, which the model does not take`);
      }
      for (const name of names) {
        if (!Object.hasOwn(row, name)) throw new Error(`row ${place + 1}: the column ${JSON.stringify(name)} is missing`);
      }
    });
    return Object.fromEntries(this.inputs.map((input) => [input.name, this.column(input, rows.map((row) => row[input.name]))]));
  }

  /** The values of one column as a Float64Array, string[], Uint8Array or BigInt64Array. */
  column(input, values) {
    const { holder, convert, expected } = KINDS[input.kind];
    const data = holder(values.length);
    values.forEach((value, place) => {
      const found = convert(value, input, this.contract);
      if (found === REFUSED) throw new CellError(input.name, place + 1, value, expected);
      data[place] = found;
    });
    return data;
  }
}

const KINDS = {
  number: { holder: (n) => new Float64Array(n), convert: toNumber, expected: "a finite number within ±3.4e38" },
  text: { holder: (n) => new Array(n), convert: toText, expected: "text without NUL" },
  boolean: { holder: (n) => new Uint8Array(n), convert: toBoolean, expected: "true or false" },
  date: { holder: (n) => new BigInt64Array(n), convert: toNanoseconds, expected: "a date" },
};

function compiled({ pattern, groups, trimmed, strptime }) {
  if (strptime !== undefined) throw new Error(`dates written as ${strptime} cannot be read outside Python`);
  return { pattern: new RegExp(`^(?:${pattern})$`), groups, trimmed: new Set(trimmed) };
}

function isMissing(value, input) {
  return value === null || value === undefined || value === "" || Number.isNaN(value) ||
    (typeof value === "string" && input.missingWords.has(value));
}

/** The named groups of the first grammar that a whole text fits, and the trimmed text. */
function read(text, input) {
  for (const { pattern, groups, trimmed } of input.grammars) {
    const bare = strip(text, trimmed);
    const found = pattern.exec(bare);
    if (found) return { bare, ...Object.fromEntries(groups.map((name, place) => [name, found[place + 1]])) };
  }
  return undefined;
}

function strip(text, characters) {
  let [start, end] = [0, text.length];
  while (start < end && characters.has(text[start])) start += 1;
  while (end > start && characters.has(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function toNumber(value, input, contract) {
  if (isMissing(value, input)) return NaN;
  let number = typeof value === "boolean" || typeof value === "bigint" ? Number(value) : value;
  if (typeof value === "string") {
    const parts = read(value, input);
    if (!parts || (parts.before && parts.behind)) return REFUSED;
    let digits = parts.digits ?? parts.bare;
    if (parts.digits !== undefined) {
      for (const mark of input.cells.thousands) digits = digits.replaceAll(mark, "");
      digits = digits.replace(input.cells.decimal, ".");
    }
    number = Number(digits) * ([parts.before, parts.behind].includes("-") ? -1 : 1);
  }
  return typeof number === "number" && Math.abs(number) <= Number(contract.number.limit) ? number : REFUSED;
}

function toText(value, input) {
  if (isMissing(value, input)) return "";
  const cells = input.cells;
  if (typeof value === "boolean") return cells[String(value)] || REFUSED;
  if (typeof value === "bigint" || Number.isInteger(value)) return cells.whole ? BigInt(value).toString() : REFUSED;
  if (typeof value === "number") return Number.isFinite(value) ? decimal(value) : REFUSED;
  if (typeof value !== "string" || value.includes("\0") || !value.isWellFormed()) return REFUSED;
  const whole = cells.whole && /^(-?[0-9]+)\.0+$/.exec(value);
  if (whole && input.categories.has(whole[1]) && !input.categories.has(value)) return whole[1];
  const word = value.toLowerCase();
  return ((word === "true" || word === "false") && cells[word]) || value;
}

/** The shortest decimal of a fraction, written as the training wrote it. */
function decimal(value) {
  if (Math.abs(value) >= 1e-4) return String(value);
  const [digits, exponent] = value.toExponential().split("e-");
  return `${digits}e-${exponent.padStart(2, "0")}`;
}

function toBoolean(value, input, contract) {
  const rules = contract.boolean;
  if (isMissing(value, input)) return REFUSED;
  if (typeof value === "string") {
    const word = strip(value, new Set(rules.trimmed)).toLowerCase();
    if (rules.true.includes(word)) return 1;
    return rules.false.includes(word) ? 0 : REFUSED;
  }
  const number = typeof value === "boolean" || typeof value === "bigint" ? Number(value) : value;
  return number === 1 ? 1 : number === 0 ? 0 : REFUSED;
}

function toNanoseconds(value, input, contract) {
  const nat = BigInt(contract.date.missing);
  if (isMissing(value, input)) return nat;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? REFUSED : instant(value, contract.date.years) ?? nat;
  const parts = typeof value === "string" ? read(value, input) : undefined;
  return parts ? moment(parts, contract.date.years) ?? nat : REFUSED;
}

function instant(date, [first, last]) {
  const year = date.getUTCFullYear();
  return year < first || year > last ? undefined : BigInt(date.getTime()) * 1000000n;
}

function moment(parts, [first, last]) {
  const [year, month, day, minute, second] = ["year", "month", "day", "minute", "second"].map((name) => Number(parts[name] ?? 0));
  let hour = Number(parts.hour ?? 0);
  if (parts.half) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (/[Pp]/.test(parts.half) ? 12 : 0);
  }
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  const isDay = midnight.getUTCFullYear() === year && midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  if (!isDay || year < first || year > last || hour > 23 || minute > 59 || second > 59) return undefined;
  const seconds = midnight.getTime() / 1000 + hour * 3600 + minute * 60 + second - ahead(parts.zone);
  return BigInt(seconds) * 1000000000n + BigInt((parts.fraction ?? "").padEnd(9, "0"));
}

/** Seconds that a zone is ahead of UTC. */
function ahead(zone) {
  if (!zone || !/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60;
  return zone[0] === "-" ? -seconds : seconds;
}
