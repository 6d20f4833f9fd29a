// Scores rows with the model of this folder. Files are held against SHA256SUMS before anything is loaded.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { Predictor } from "./answers.mjs";
import { rowsOfCsv, rowsOfFrame } from "./tables.mjs";

export { CellError } from "./feeds.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const TYPES = { number: "float64", text: "string", boolean: "bool", date: "int64" };

/** One model, ready to predict: `const scorer = await Scorer.open()`. */
export class Scorer extends Predictor {
  /** Opens the bundle in a folder; refuses files that are not as they were written. */
  static async open(folder = HERE) {
    const files = checked(folder);
    process.env.ORT_DISABLE_TELEMETRY = "1";
    const { default: ort } = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(files.get("model.onnx"), { intraOpNumThreads: 1, interOpNumThreads: 1 });
    const manifest = JSON.parse(files.get("manifest.json"));
    return new Scorer(manifest, async (data, count) => {
      const tensors = manifest.inputs.map(({ name, kind }) => [name, new ort.Tensor(TYPES[kind], data[name], [count, 1])]);
      const outputs = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data]));
    });
  }

  /** Rows of a CSV file for `predict`; `options` as in tables.mjs. */
  readCsv(file, options) {
    return rowsOfCsv(readFileSync(file), this.manifest, options);
  }

  /** Rows of a data frame of nodejs-polars, arquero or danfojs for `predict`; `options` as in tables.mjs. */
  readFrame(frame, options) {
    return rowsOfFrame(frame, this.manifest, options);
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
  for (const name of ["model.onnx", "manifest.json", "golden.json", "feed_cases.json", "answers.mjs", "feeds.mjs", "scorer.mjs", "table.mjs", "tables.mjs"]) {
    if (!files.has(name)) throw new Error(`SHA256SUMS does not name ${name}: take the bundle again from where it was made`);
  }
  return files;
}
