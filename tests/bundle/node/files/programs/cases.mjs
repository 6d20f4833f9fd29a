// Replays feed_cases.json through what makes rows of one cell.

import { readFileSync } from "node:fs";

import { FeedBuilder } from "./feeds.mjs";

const read = (name) => JSON.parse(readFileSync(name, "utf8"));

/** {count, wrong} of the cells for which `rowsOf(name, cell, manifest)` gives rows. */
export function replay(rowsOf) {
  const { feed } = read("manifest.json");
  const found = { count: 0, wrong: [] };
  for (const { input, grammars, cases } of read("feed_cases.json").columns) {
    const manifest = { feed: { ...feed, grammars: { [input.name]: grammars } }, inputs: [input], target: "target" };
    for (const [cell, value] of cases) {
      const rows = rowsOf(input.name, cell, manifest);
      if (!rows) continue;
      found.count += 1;
      const expected = value !== null && typeof value === "object" ? "CellError" : value;
      const built = builtFrom(manifest, rows);
      if (!Object.is(built, expected)) found.wrong.push([input.name, cell, built]);
    }
  }
  return found;
}

function builtFrom(manifest, rows) {
  const [{ name, kind }] = manifest.inputs;
  try {
    const [value] = new FeedBuilder(manifest).build(rows)[name];
    if (kind === "boolean") return value === 1;
    return typeof value === "bigint" ? String(value) : Number.isNaN(value) ? null : value;
  } catch (error) {
    return error.name;
  }
}
