// Replays feed_cases.json and golden.json. Ends with 5 where this runtime answers otherwise, with 3 where a
// file is not as it was written. `--measure` adds how fast it is.

import { createRequire } from "node:module";

import { FeedBuilder } from "./feeds.mjs";
import { Scorer, checked } from "./scorer.mjs";

const started = performance.now();
const files = refuse(() => checked(import.meta.dirname));
const [manifest, golden, cases] = ["manifest.json", "golden.json", "feed_cases.json"].map((name) => JSON.parse(files.get(name)));
const scorer = await Scorer.open();
const opened = performance.now() - started;
const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");

const cells = replayCells();
const rows = await replayRows();
const found = { runtime: `onnxruntime-node ${version}`, cells, rows };
if (process.argv.includes("--measure")) found.speed = await measure();
console.log(JSON.stringify(found));
process.exitCode = cells.wrong.length || rows.flips || rows.warnings || !(rows.error <= golden.tolerance && rows.graph_error <= golden.graph.tolerance) ? 5 : 0;

function refuse(read) {
  try {
    return read();
  } catch (error) {
    console.error(error.message);
    process.exit(3);
  }
}

/** Every case: the value in the tensor, or the refusal. */
function replayCells() {
  const wrong = [];
  let count = 0;
  for (const { input, grammars, cases: all } of cases.columns) {
    const builder = new FeedBuilder({ feed: { ...manifest.feed, grammars: { [input.name]: grammars } }, inputs: [input] });
    for (const [cell, value] of all) {
      const expected = value !== null && typeof value === "object" ? "refused" : value;
      count += 1;
      if (!Object.is(built(builder, cell), expected)) wrong.push([input.name, cell, value]);
    }
  }
  return { count, wrong };
}

function built(builder, cell) {
  try {
    const [value] = builder.column(builder.inputs[0], [cell]);
    if (builder.inputs[0].kind === "boolean") return value === 1;
    if (typeof value === "bigint") return String(value);
    return Number.isNaN(value) ? null : value;
  } catch (error) {
    if (error.name === "CellError") return "refused";
    throw error;
  }
}

/** Golden rows in one batch and each alone, against PyCaret's answers and the graph's own. */
async function replayRows() {
  const all = goldenRows();
  const count = all.length;
  const batch = await scorer.run(scorer.feeds.build(all));
  const alone = [];
  for (const row of all) alone.push(await scorer.run(scorer.feeds.build([row])));
  const found = { flips: 0, error: 0, graph_error: 0 };
  for (const [answers, key] of [[golden.expected, "error"], [golden.graph.expected, "graph_error"]]) {
    for (let row = 0; row < count; row += 1) {
      for (const [outputs, place] of [[batch, row], [alone[row], 0]]) compare(outputs, place, answers, row, key, found);
    }
  }
  if (golden.warnings) {
    const places = all.flatMap((_, row) => [[batch, row, row], [alone[row], 0, row]]);
    found.warnings = places.filter(([outputs, place, row]) => hasOtherMask(outputs, place, row)).length;
  }
  return { count, ...found };
}

function hasOtherMask(outputs, place, row) {
  return Object.entries(golden.warnings).some(([name, rows]) => {
    const words = rows[row];
    return words.some((word, k) => outputs[name].data[place * words.length + k] !== word);
  });
}

function goldenRows() {
  return golden.kinds.map((_, row) => Object.fromEntries(manifest.inputs.map(({ name }) => [name, golden.inputs[name][row]])));
}

/** Milliseconds to open, microseconds for one row (median), milliseconds for 10,000, from cells to answers. */
async function measure() {
  const all = goldenRows();
  const batch = Array.from({ length: 10000 }, (_, row) => all[row % all.length]);
  const times = [];
  for (let turn = 0; turn < 500; turn += 1) times.push(await timed([all[turn % all.length]]));
  await timed(batch);
  return { open_ms: opened, row_us: times.sort((a, b) => a - b)[250] * 1000, batch_ms: await timed(batch) };
}

async function timed(rows) {
  const start = performance.now();
  await scorer.predict(rows);
  return performance.now() - start;
}

function compare(outputs, place, answers, row, key, found) {
  const label = outputs.prediction_label.data[place];
  const wanted = answers.prediction_label[row];
  if (manifest.labels === null) {
    found[key] = larger(found[key], Math.abs(label - wanted) / Math.max(Math.abs(wanted), golden.scale));
    return;
  }
  if ((typeof label === "bigint" ? Number(label) : label) !== wanted) found.flips += 1;
  (answers.prediction_score?.[row] ?? []).forEach((score, k, { length }) => {
    found[key] = larger(found[key], Math.abs(outputs.prediction_score.data[place * length + k] - score));
  });
}

/** The larger of two errors; an answer that is no number is infinitely wrong. */
function larger(before, error) {
  return Math.max(before, Number.isNaN(error) ? Infinity : error);
}
