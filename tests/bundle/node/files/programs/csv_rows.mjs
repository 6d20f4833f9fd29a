// Rows of CSV in base64, or what is said instead.

import { readFileSync } from "node:fs";

import { rowsOfCsv } from "./tables.mjs";

const { content, options } = JSON.parse(process.argv[2]);
const manifest = JSON.parse(readFileSync("manifest.json", "utf8"));
try {
  console.log(JSON.stringify(rowsOfCsv(Buffer.from(content, "base64"), manifest, options)));
} catch (error) {
  console.log(JSON.stringify(error.message));
}
