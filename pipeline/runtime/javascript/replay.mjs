// Replays feed_cases.json and golden.json wherever a Predictor runs.

import { FeedBuilder } from "./feeds.mjs";

/** Every case: the value in the tensor, or the refusal. */
export function replayCells({ feed }, cases) {
  const wrong = [];
  let count = 0;
  for (const { input, grammars, cases: all } of cases.columns) {
    const builder = new FeedBuilder({ feed: { ...feed, grammars: { [input.name]: grammars } }, inputs: [input] });
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

/** The golden rows as objects. */
export function goldenRows({ inputs }, golden) {
  return golden.kinds.map((_, row) => Object.fromEntries(inputs.map(({ name }) => [name, golden.inputs[name][row]])));
}

/** Golden rows in one batch and each alone, against PyCaret's answers and the graph's own. */
export async function replayRows(predictor, golden) {
  const { manifest, feeds } = predictor;
  const all = goldenRows(manifest, golden);
  const run = async (rows) => predictor.run(feeds.build(rows), rows.length);
  const batch = await run(all);
  const alone = [];
  for (const row of all) alone.push(await run([row]));
  const found = { flips: 0, error: 0, graph_error: 0 };
  for (const [answers, key] of [[golden.expected, "error"], [golden.graph.expected, "graph_error"]]) {
    all.forEach((_, row) => {
      for (const [outputs, place] of [[batch, row], [alone[row], 0]]) compare(outputs, place, answers, row, key, found);
    });
  }
  if (golden.warnings) {
    const places = all.flatMap((_, row) => [[batch, row, row], [alone[row], 0, row]]);
    found.warnings = places.filter(([outputs, place, row]) => hasOtherMask(outputs, place, golden.warnings, row)).length;
  }
  return { count: all.length, ...found };

  function compare(outputs, place, answers, row, key, totals) {
    const [label, wanted] = [outputs.prediction_label[place], answers.prediction_label[row]];
    if (manifest.labels === null) {
      totals[key] = larger(totals[key], gap(label, wanted) / Math.max(Math.abs(wanted), golden.scale));
      return;
    }
    if ((typeof label === "bigint" ? Number(label) : label) !== wanted) totals.flips += 1;
    (answers.prediction_score?.[row] ?? []).forEach((score, k, { length }) => {
      totals[key] = larger(totals[key], gap(outputs.prediction_score[place * length + k], score));
    });
  }
}

function hasOtherMask(outputs, place, warnings, row) {
  return Object.entries(warnings).some(([name, rows]) => (
    rows[row].some((word, k, { length }) => outputs[name][place * length + k] !== word)
  ));
}

/** A missing answer is null in JSON, and NaN in a tensor. */
function gap(value, wanted) {
  return wanted === null && Number.isNaN(value) ? 0 : wanted === null ? NaN : Math.abs(value - wanted);
}

/** The larger of two errors; an answer that is no number is infinitely wrong. */
function larger(before, error) {
  return Math.max(before, Number.isNaN(error) ? Infinity : error);
}

/** Whether all is as it was proven. */
export function isProven(cells, rows, golden) {
  return !cells.wrong.length && !rows.flips && !rows.warnings && rows.error <= golden.tolerance && rows.graph_error <= golden.graph.tolerance;
}
