// Replays feed_cases.json and golden.json in Node.js, on the very WebAssembly that browsers get. Ends with 5 where
// it answers otherwise, with 3 where a file is not as it was written. `--measure` adds how fast it is.

import { measure } from "./measure.mjs";
import { goldenRows, isProven, replayCells, replayRows } from "./replay.mjs";
import { Scorer, checked } from "./scorer.mjs";

const started = performance.now();
const [scorer, files] = await refuse(async () => [await Scorer.open(), await checked()]);
const opened = performance.now() - started;
const [golden, cases] = ["golden.json", "feed_cases.json"].map((name) => JSON.parse(new TextDecoder().decode(files.get(name))));
const { default: ort } = await import("./runtime/ort.wasm.min.mjs");

const cells = replayCells(scorer.manifest, cases);
const rows = await replayRows(scorer, golden);
const found = { runtime: `onnxruntime-web ${ort.env.versions.web}`, cells, rows };
if (process.argv.includes("--measure")) found.speed = { open_ms: opened, ...(await measure(scorer, goldenRows(scorer.manifest, golden))) };
console.log(JSON.stringify(found));
process.exitCode = isProven(cells, rows, golden) ? 0 : 5;

async function refuse(open) {
  try {
    return await open();
  } catch (error) {
    console.error(error.message);
    process.exit(3);
  }
}
