// Rows out of what people have: CSV, and data frames of nodejs-polars, arquero and danfojs. No package of theirs is
// needed here, a frame is known by its methods. What a library does to types is undone, or refused.

import { CellError } from "./feeds.mjs";
import { readTable } from "./table.mjs";

const GUESSED = 1000; // arquero's fromCSV fixes types by so many rows, and forces later cells into them

/**
 * Rows of CSV: text, or bytes of UTF-8. Every cell stays a text until the manifest says what it is.
 * `columns` maps names of the file to the model's; a column that the model does not take is refused unless it is the
 * target, one that training ignored, or `ignoreSurplus` is true.
 */
export function rowsOfCsv(content, manifest, options = {}) {
  const { columns = {} } = options;
  const table = readTable(typeof content === "string" ? content : decoded(content), [...manifest.inputs.map(({ name }) => name), ...Object.keys(columns)]);
  const places = placed(table.header, manifest, options);
  return table.rows.map((cells) => Object.fromEntries(places.map(([{ name }, place]) => [name, cells[place]])));
}

/**
 * Rows of a data frame of nodejs-polars, arquero or danfojs; `columns` and `ignoreSurplus` as for CSV. `typed: true`
 * says that an arquero table has its types from its data, not from what fromCSV has guessed.
 */
export function rowsOfFrame(frame, manifest, options = {}) {
  const { names, cells } = known(frame);
  const header = names(frame);
  const data = placed(header, manifest, options).map(([input, place]) => [input.name, cells(frame, header[place], input, options)]);
  return Array.from({ length: data[0][1].length }, (_, row) => Object.fromEntries(data.map(([name, values]) => [name, values[row]])));
}

function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new Error("the file is not UTF-8 text: save it as such", { cause: error });
  }
}

/** Each input with the place of its column. */
function placed(header, { inputs, target, ignored = [] }, { columns = {}, ignoreSurplus = false }) {
  const absent = Object.keys(columns).filter((name) => !header.includes(name));
  if (absent.length) throw new Error(`columns: got the names ${listed(absent)}, expected some of ${listed(header)}`);
  const names = header.map((name) => (Object.hasOwn(columns, name) ? columns[name] : name));
  const twice = names.filter((name, place) => names.indexOf(name) !== place);
  if (twice.length) throw new Error(`columns there more than once: ${listed(twice)}`);
  const lacking = inputs.filter(({ name }) => !names.includes(name));
  if (lacking.length) throw new Error(`the table lacks the columns ${listed(lacking.map(({ name }) => name))}; it has ${listed(names)}`);
  const taken = new Set([...inputs.map(({ name }) => name), ...ignored, target]);
  const surplus = names.filter((name) => !taken.has(name));
  if (surplus.length && !ignoreSurplus) throw new Error(`columns that the model does not take: ${listed(surplus)}; drop them, or say ignoreSurplus`);
  return inputs.map((input) => [input, names.indexOf(input.name)]);
}

function listed(names) {
  return names.slice(0, 8).map((name) => JSON.stringify(name)).join(", ") + (names.length > 8 ? ", …" : "");
}

const LIBRARIES = [
  { is: (frame) => typeof frame.getColumn === "function" && Array.isArray(frame.dtypes), names: ({ columns }) => columns, cells: polarsCells },
  { is: (frame) => typeof frame.columnNames === "function" && typeof frame.array === "function", names: (frame) => frame.columnNames(), cells: arqueroCells },
  { is: (frame) => typeof frame.column === "function" && Array.isArray(frame.columns), names: ({ columns }) => columns, cells: (frame, name) => [...frame.column(name).values] },
];

function known(frame) {
  const found = frame !== null && typeof frame === "object" && LIBRARIES.find(({ is }) => is(frame));
  if (!found) throw new Error(`got ${frame?.constructor?.name ?? typeof frame}, expected a data frame of nodejs-polars, arquero or danfojs; collect a lazy one, and give rows as they are to predict`);
  return found;
}

// --- nodejs-polars: its arrays round integers beyond 2^53, and read microseconds as milliseconds ---------------

const PLAIN = new Set(["Bool", "Categorical", "Float32", "Float64", "Int8", "Int16", "Int32", "Null", "String", "UInt8", "UInt16", "UInt32", "Utf8"]);
const NANOSECONDS = { ms: 1000000n, us: 1000n, ns: 1n };

function polarsCells(frame, name, input) {
  const series = frame.getColumn(name);
  const { variant, timeUnit } = series.dtype;
  if (PLAIN.has(variant)) return series.toArray();
  if (variant === "Int64" || variant === "UInt64") return integers(series);
  if (variant === "Date") return integers(series).map((days) => dateCell(days, 86400000000000n, input));
  if (variant === "Datetime") return integers(series).map((count) => dateCell(count, NANOSECONDS[timeUnit], input));
  throw new Error(`column ${JSON.stringify(name)}: got ${variant} of nodejs-polars, expected numbers, text, booleans or dates; cast it`);
}

/** Every digit, by way of text; the types are reached through those of the series. */
function integers(series) {
  const { Int64, Utf8 } = series.dtype.constructor;
  const exact = series.dtype.variant === "UInt64" ? series : series.cast(Int64);
  return exact.cast(Utf8).toArray().map((digits) => (digits === null ? null : BigInt(digits)));
}

/** A moment with all its digits as text, which a date column reads; as a Date, which no other column takes. */
function dateCell(count, unit, { kind }) {
  if (count === null) return null;
  const nanoseconds = count * unit;
  const seconds = (nanoseconds - ((nanoseconds % 1000000000n) + 1000000000n) % 1000000000n) / 1000000000n;
  const moment = new Date(Number(seconds) * 1000);
  const year = moment.getUTCFullYear();
  if (kind !== "date" || !(year >= 1000 && year <= 9999)) return moment;
  return `${moment.toISOString().slice(0, 19)}.${String(nanoseconds - seconds * 1000000000n).padStart(9, "0")}`;
}

// --- arquero -----------------------------------------------------------------------------------------------------

function arqueroCells(table, name, input, { typed = false }) {
  const values = Array.from(table.array(name));
  const isLong = table.totalRows() > GUESSED;
  const isForced = (value) => (typeof value === "number" && (Number.isNaN(value) || (input.kind === "text" && Number.isInteger(value) && !Number.isSafeInteger(value)))) ||
    (value instanceof Date && Number.isNaN(value.getTime())) || (typeof value === "boolean" && isLong);
  const place = typed ? -1 : values.findIndex(isForced);
  if (place < 0) return values;
  throw new CellError(name, place + 1, String(values[place]), "what the file says, which arquero may have forced into another type; read it by fromCSV(text, { autoType: false }), or say typed");
}
