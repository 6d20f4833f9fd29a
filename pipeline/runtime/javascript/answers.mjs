// Rows in, answers out, whatever runs the graph.

import { FeedBuilder } from "./feeds.mjs";

const NAT = -(2n ** 63n);

/** One model, ready to predict: `run` takes {column: data} and the count of rows, and gives {output: data}. */
export class Predictor {
  constructor(manifest, run) {
    Object.assign(this, { manifest, run, feeds: new FeedBuilder(manifest) });
  }

  /**
   * One answer per row: {label}, with scores {label, score, scores}; null in all where a required column is
   * missing. And `warnings`, if the graph warns.
   */
  async predict(rows) {
    if (rows.length === 0) return [];
    return answered(await this.run(this.feeds.build(rows), rows.length), this.manifest, rows.length);
  }
}

/** Answers from the data of the outputs. */
export function answered(outputs, manifest, count) {
  return Array.from({ length: count }, (_, row) => {
    const answer = predicted(outputs, manifest, row);
    return manifest.warnings?.length ? { ...answer, warnings: warned(outputs, manifest, row) } : answer;
  });
}

function predicted({ prediction_label: label, prediction_score: score }, { labels, required }, row) {
  const raw = label[row];
  const isUnanswered = required.length > 0 && (raw === "" || raw === NAT || Number.isNaN(raw));
  const answer = isUnanswered ? null : typeof raw === "bigint" ? Number(raw) : raw;
  if (!score) return { label: answer };
  if (isUnanswered) return { label: null, score: null, scores: null };
  const scores = Object.fromEntries(labels.map((name, place) => [name, score[row * labels.length + place]]));
  return { label: answer, score: scores[answer], scores };
}

/** The columns of a row that training saw nothing like: {missing, unseen, range}, each where there are some. */
function warned(outputs, { inputs, warnings }, row) {
  const found = {};
  for (const { name, warns, shape: [, words] } of warnings) {
    const columns = inputs.filter((_, k) => (outputs[name][row * words + Math.floor(k / 31)] >> k % 31) & 1);
    if (columns.length) found[warns] = columns.map((column) => column.name);
  }
  return found;
}
