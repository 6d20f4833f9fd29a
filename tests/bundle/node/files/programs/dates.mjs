import { readFileSync } from "node:fs";

import { FeedBuilder } from "./feeds.mjs";

const builder = new FeedBuilder(JSON.parse(readFileSync("manifest.json", "utf8")));
const input = builder.inputs.find(({ kind }) => kind === "date");
const dates = ["2021-03-04T05:06:07.089Z", "1677-12-31", "2262-01-01", "+020000-01-01", "no date"];
const found = dates.map((date) => {
  try {
    return String(builder.column(input, [new Date(date)])[0]);
  } catch (error) {
    return error.name;
  }
});
console.log(JSON.stringify(found));
