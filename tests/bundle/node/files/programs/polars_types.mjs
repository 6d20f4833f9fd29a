// Microseconds, and integers beyond 2^53.

import pl from "nodejs-polars";

import { rowsOfFrame } from "./tables.mjs";

const csv = `when,code
2020-01-02T03:04:05.123456,9007199254740993
1969-12-31T23:59:59.999999,-1
,
`;
const frame = pl.readCSV(csv, { tryParseDates: true });
const rowsAs = (kind) => rowsOfFrame(frame, { inputs: [{ name: "when", kind }, { name: "code", kind: "text" }] });
console.log(JSON.stringify({
  dtypes: frame.dtypes.map(({ variant }) => variant),
  dates: rowsAs("date").map(({ when }) => when),
  codes: rowsAs("date").map(({ code }) => String(code)),
  isNeverText: rowsAs("text").map(({ when }) => when === null || when instanceof Date),
}));
