// Scores rows with the model of this folder. Files are held against SHA256SUMS before anything is loaded.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { FeedBuilder } from "./feeds.mjs";

export { CellError } from "./feeds.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const NAT = -(2n ** 63n);

/** One model, ready to predict: `const scorer = await Scorer.open()`. */
export class Scorer {
  constructor(session, ort, manifest) {
    Object.assign(this, { session, ort, manifest, feeds: new FeedBuilder(manifest) });
  }

  /** Opens the bundle in a folder; refuses files that are not as they were written. */
  static async open(folder = HERE) {
    const files = checked(folder);
    process.env.ORT_DISABLE_TELEMETRY = "1";
    const { default: ort } = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(files.get("model.onnx"), { intraOpNumThreads: 1, interOpNumThreads: 1 });
    return new Scorer(session, ort, JSON.parse(files.get("manifest.json")));
  }

  /** One answer per row: {label, score, scores}; null in all where a required column is missing. And `warnings`, if the graph warns. */
  async predict(rows) {
    if (rows.length === 0) return [];
    return this.answers(await this.run(this.feeds.build(rows)), rows.length);
  }

  /** The graph's outputs for data of tensors, as `feeds.build` gives them. */
  async run(data) {
    const types = { number: "float64", text: "string", boolean: "bool", date: "int64" };
    const tensors = Object.fromEntries(this.feeds.inputs.map(({ name, kind }) => [
      name, new this.ort.Tensor(types[kind], data[name], [data[name].length, 1]),
    ]));
    return this.session.run(tensors);
  }

  answers(outputs, count) {
    const answers = this.predictions(outputs, count);
    if (!this.manifest.warnings?.length) return answers;
    return answers.map((answer, row) => ({ ...answer, warnings: this.warnings(outputs, row) }));
  }

  /** The columns of a row that training saw nothing like: {missing, unseen, range}, each where there are some. */
  warnings(outputs, row) {
    const { inputs, warnings } = this.manifest;
    const found = {};
    for (const { name, warns, shape: [, words] } of warnings) {
      const mask = outputs[name].data;
      const columns = inputs.filter((_, k) => (mask[row * words + Math.floor(k / 31)] >> k % 31) & 1);
      if (columns.length) found[warns] = columns.map((column) => column.name);
    }
    return found;
  }

  predictions({ prediction_label: label, prediction_score: score }, count) {
    const { labels, required } = this.manifest;
    return Array.from({ length: count }, (_, row) => {
      const raw = label.data[row];
      const isUnanswered = required.length > 0 && (raw === "" || raw === NAT || Number.isNaN(raw));
      if (isUnanswered) return { label: null, score: null, scores: null };
      const answer = typeof raw === "bigint" ? Number(raw) : raw;
      if (!score) return { label: answer };
      const scores = Object.fromEntries(labels.map((name, place) => [name, score.data[row * labels.length + place]]));
      return { label: answer, score: scores[answer], scores };
    });
  }
}

/** The files that SHA256SUMS names, each as it was written, by name. */
export function checked(folder) {
  const files = new Map();
  for (const line of readFileSync(join(folder, "SHA256SUMS"), "utf8").trimEnd().split("\n")) {
    const [expected, name] = line.split("  ");
    const content = readFileSync(join(folder, name));
    const found = createHash("sha256").update(content).digest("hex");
    if (found !== expected) {
      throw new Error(`${name}: got sha256 ${found.slice(0, 12)}…, expected ${expected.slice(0, 12)}…; take the bundle again from where it was made`);
    }
    files.set(name, content);
  }
  for (const name of ["model.onnx", "manifest.json", "golden.json", "feed_cases.json", "feeds.mjs", "scorer.mjs"]) {
    if (!files.has(name)) throw new Error(`SHA256SUMS does not name ${name}: take the bundle again from where it was made`);
  }
  return files;
}
