import { replay } from "./cases.mjs";
import { writeTable } from "./table.mjs";
import { rowsOfCsv } from "./tables.mjs";

const isText = (cell) => cell === null || typeof cell === "string";
const csvOf = (name, cell) => Buffer.from(writeTable([name, "target"], [[cell, "1"]]));
console.log(JSON.stringify(replay((name, cell, manifest) => isText(cell) && rowsOfCsv(csvOf(name, cell), manifest))));
