// Rows that were filtered and sorted, and cells that are not what the frame says of its column.

import * as aq from "arquero";
import danfojs from "danfojs";

import { rowsOfFrame } from "./tables.mjs";

const manifest = { inputs: [{ name: "a", kind: "number" }], target: "b" };
const table = aq.table({ a: [3, 1, 2], b: [1, 1, 0] }).filter((row) => row.b === 1).orderby("a");
const cells = [...Array(30).fill(1), 1.5, "x", null, undefined];
const frame = new danfojs.DataFrame(cells.map((a) => ({ a, b: 0 })));
const rows = rowsOfFrame(frame, manifest).slice(30);
console.log(JSON.stringify({
  sorted: rowsOfFrame(table, manifest).map(({ a }) => a),
  dtype: frame.dtypes[0],
  last: rows.map(({ a }) => a ?? null),
}));
