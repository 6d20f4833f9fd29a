// Rows in, answers out, whatever runs the graph.

import { FeedBuilder } from "./feeds.mjs";

const NAT = -(2n ** 63n);

/** One model, ready to predict: `run` takes {column: data} and gives {output: data}. */
export class Predictor {
  constructor(manifest, run) {
    Object.assign(this, { manifest, run, feeds: new FeedBuilder(manifest) });
  }

  /** One answer per row: {label, score, scores}; null in all where a required column is missing. */
  async predict(rows) {
    if (rows.length === 0) return [];
    return answered(await this.run(this.feeds.build(rows), rows.length), this.manifest, rows.length);
  }
}

/** Answers from the data of the outputs. */
export function answered({ prediction_label: label, prediction_score: score }, { labels, required }, count) {
  return Array.from({ length: count }, (_, row) => {
    const raw = label[row];
    const isUnanswered = required.length > 0 && (raw === "" || raw === NAT || Number.isNaN(raw));
    if (isUnanswered) return { label: null, score: null, scores: null };
    const answer = typeof raw === "bigint" ? Number(raw) : raw;
    if (!score) return { label: answer, score: null, scores: null };
    const scores = Object.fromEntries(labels.map((name, place) => [name, score[row * labels.length + place]]));
    return { label: answer, score: scores[answer], scores };
  });
}
