// Replays feed_cases.json and golden.json; exits with 5 where this runtime answers otherwise.

import { FeedBuilder } from "./feeds.mjs";
import { Scorer, checked } from "./scorer.mjs";

const files = checked(import.meta.dirname);
const [manifest, golden, cases] = ["manifest.json", "golden.json", "feed_cases.json"].map((name) => JSON.parse(files.get(name)));
const scorer = await Scorer.open();

const cells = replayCells();
const rows = await replayRows();
console.log(JSON.stringify({ cells, rows }));
process.exitCode = cells.wrong.length || rows.flips || rows.error > rows.tolerance || rows.graphError > golden.graph.tolerance ? 5 : 0;

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
  const count = golden.kinds.length;
  const all = Array.from({ length: count }, (_, row) => Object.fromEntries(
    manifest.inputs.map(({ name }) => [name, golden.inputs[name][row]]),
  ));
  const batch = await scorer.run(scorer.feeds.build(all));
  const alone = [];
  for (const row of all) alone.push(await scorer.run(scorer.feeds.build([row])));
  const found = { flips: 0, error: 0, graphError: 0 };
  for (const [answers, key] of [[golden.expected, "error"], [golden.graph.expected, "graphError"]]) {
    for (let row = 0; row < count; row += 1) {
      for (const [outputs, place] of [[batch, row], [alone[row], 0]]) compare(outputs, place, answers, row, key, found);
    }
  }
  return { count, tolerance: golden.tolerance, ...found };
}

function compare(outputs, place, answers, row, key, found) {
  const label = outputs.prediction_label.data[place];
  const wanted = answers.prediction_label[row];
  if (manifest.labels === null) {
    found[key] = Math.max(found[key], Math.abs(label - wanted) / Math.max(Math.abs(wanted), golden.scale));
    return;
  }
  if ((typeof label === "bigint" ? Number(label) : label) !== wanted) found.flips += 1;
  (answers.prediction_score?.[row] ?? []).forEach((score, k, { length }) => {
    found[key] = Math.max(found[key], Math.abs(outputs.prediction_score.data[place * length + k] - score));
  });
}
