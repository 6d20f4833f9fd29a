// Replays feed_cases.json and golden.json with the evaluator inside try.html. Ends with 5 where it answers
// otherwise, with 3 where a file is not as it was written. `--measure` adds how fast it is.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { measure } from "./measure.mjs";

const NEEDED = ["try.html", "model.onnx", "manifest.json", "golden.json", "feed_cases.json", "measure.mjs", "verify.mjs"];
const AGAIN = "take the bundle again from where it was made";

const started = performance.now();
const { content, modules, files } = refuse(open);
const predictor = new modules.answers.Predictor(content.manifest, await modules.engine.open(content));
const opened = performance.now() - started;
const [golden, cases] = ["golden.json", "feed_cases.json"].map((name) => JSON.parse(files.get(name)));

const { goldenRows, isProven, replayCells, replayRows } = modules.replay;
const cells = replayCells(content.manifest, cases);
const rows = await replayRows(predictor, golden);
const found = { runtime: `the page's ${content.runtime}`, cells, rows };
if (process.argv.includes("--measure")) found.speed = { open_ms: opened, ...(await measure(predictor, goldenRows(content.manifest, golden))) };
console.log(JSON.stringify(found));
process.exitCode = isProven(cells, rows, golden) ? 0 : 5;

/** The content of the page, and its modules but for the last, which draws. */
function open() {
  const checked = readChecked();
  const page = String(checked.get("try.html"));
  const [, packed] = /<script type="text\/plain" id="model">(.*?)<\/script>/.exec(page);
  const [, script] = /<script type="module">([^]*?)<\/script>/.exec(page);
  const code = script.slice(0, script.indexOf("\n// The model page: "));
  return {
    files: checked,
    content: JSON.parse(gunzipSync(Buffer.from(packed, "base64"))),
    modules: new Function(`${code}\nreturn modules;`)(),
  };
}

function readChecked() {
  const read = (name) => readFileSync(new URL(name, import.meta.url));
  const sums = new Map(String(read("SHA256SUMS")).trimEnd().split("\n").map((line) => line.split("  ").reverse()));
  for (const name of NEEDED) {
    if (!sums.has(name)) throw new Error(`SHA256SUMS does not name ${name}: ${AGAIN}`);
  }
  return new Map([...sums].map(([name, expected]) => {
    const content = read(name);
    const found = createHash("sha256").update(content).digest("hex");
    if (found !== expected) throw new Error(`${name}: got sha256 ${found.slice(0, 12)}…, expected ${expected.slice(0, 12)}…; ${AGAIN}`);
    return [name, content];
  }));
}

function refuse(read) {
  try {
    return read();
  } catch (error) {
    console.error(error.message);
    process.exit(3);
  }
}
