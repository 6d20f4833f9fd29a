// Replays feed_cases.json and golden.json. Ends with 5 where this runtime answers otherwise, with 3 where a
// file is not as it was written. `--measure` adds how fast it is.

import { createRequire } from "node:module";

import { measure } from "./measure.mjs";
import { goldenRows, isProven, replayCells, replayRows } from "./replay.mjs";
import { Scorer, checked } from "./scorer.mjs";

const started = performance.now();
const files = refuse(() => checked(import.meta.dirname));
const [golden, cases] = ["golden.json", "feed_cases.json"].map((name) => JSON.parse(files.get(name)));
const scorer = await Scorer.open();
const opened = performance.now() - started;
const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");

const cells = replayCells(scorer.manifest, cases);
const rows = await replayRows(scorer, golden);
const found = { runtime: `onnxruntime-node ${version}`, cells, rows };
if (process.argv.includes("--measure")) found.speed = { open_ms: opened, ...(await measure(scorer, goldenRows(scorer.manifest, golden))) };
console.log(JSON.stringify(found));
process.exitCode = isProven(cells, rows, golden) ? 0 : 5;

function refuse(read) {
  try {
    return read();
  } catch (error) {
    console.error(error.message);
    process.exit(3);
  }
}
