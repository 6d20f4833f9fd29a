// A cell behind the thousand by which arquero fixes a type.

import * as aq from "arquero";

import { rowsOfFrame } from "./tables.mjs";

const [first, forced, kind] = process.argv.slice(2);
const text = `a\n${`${first}\n`.repeat(1000)}${forced}\n`;
const manifest = { inputs: [{ name: "a", kind }] };
const found = {};
try {
  rowsOfFrame(aq.fromCSV(text), manifest);
} catch (error) {
  found.said = error.message;
}
const rows = rowsOfFrame(aq.fromCSV(text, { autoType: false }), manifest);
console.log(JSON.stringify({ ...found, first: rows[0].a, last: rows[1000].a }));
