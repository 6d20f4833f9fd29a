// Scores with the graph of this folder. Files are held against SHA256SUMS before anything is loaded.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const ARRAYS = {
  float32: Float32Array, float64: Float64Array, int64: BigInt64Array, int32: Int32Array, int16: Int16Array,
  int8: Int8Array, uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array, bool: Uint8Array,
};
const NEEDED = ["model.onnx", "manifest.json", "golden.json", "scorer.mjs"];

/** One graph, ready to answer: `const scorer = await Scorer.open()`. */
export class Scorer {
  /** Opens the bundle in a folder; refuses files that are not as they were written. */
  static async open(folder = HERE) {
    const files = checked(folder);
    process.env.ORT_DISABLE_TELEMETRY = "1";
    const { default: ort } = await import("onnxruntime-node");
    const scorer = new Scorer();
    scorer.manifest = JSON.parse(files.get("manifest.json"));
    scorer.tensor = (dtype, data, dims) => new ort.Tensor(isText(dtype) ? "string" : dtype, data, dims);
    scorer.session = await ort.InferenceSession.create(files.get("model.onnx"), { intraOpNumThreads: 1, interOpNumThreads: 1 });
    return scorer;
  }

  /** Outputs by name, `{data, dims}` each; `feeds` has `{data, dims}` of every input by its name. */
  async predict(feeds) {
    const names = this.manifest.inputs.map(({ name }) => name);
    const surplus = Object.keys(feeds).filter((name) => !names.includes(name));
    const missing = names.filter((name) => !(name in feeds));
    if (surplus.length || missing.length) throw new Error(`got the inputs ${Object.keys(feeds)}, expected ${names}`);
    const sizes = {};
    const tensors = this.manifest.inputs.map((input) => [input.name, this.tensor(input.dtype, ...fitting(input, feeds[input.name], sizes))]);
    const outputs = await this.session.run(Object.fromEntries(tensors));
    return Object.fromEntries(this.manifest.outputs.map(({ name }) => [name, { data: outputs[name].data, dims: outputs[name].dims }]));
  }

  /** The label of the largest column, for each row, of the first output that has columns. */
  async classify(feeds) {
    const { labels, outputs } = this.manifest;
    if (!labels.length) throw new Error("the manifest has no labels: use predict");
    const { data, dims } = (await this.predict(feeds))[outputs.find(({ shape }) => shape.length > 1).name];
    const width = dims.at(-1);
    return Array.from({ length: data.length / width }, (_, row) => {
      const scores = data.subarray(row * width, (row + 1) * width);
      return labels[scores.indexOf(scores.reduce((a, b) => (b > a ? b : a)))];
    });
  }
}

/** Data and dims of an input, if they are what the manifest says. */
function fitting({ name, dtype, shape }, { data, dims }, sizes) {
  const fits = dims.length === shape.length && shape.every((want, k) => (typeof want === "string" ? (sizes[want] ??= dims[k]) : want) === dims[k]);
  if (!fits) throw new Error(`${name}: got dims ${JSON.stringify(dims)}, expected ${JSON.stringify(shape)}`);
  const count = dims.reduce((a, b) => a * b, 1);
  if (data.length !== count) throw new Error(`${name}: got ${data.length} values, expected ${count} for dims ${JSON.stringify(dims)}`);
  if (isText(dtype)) {
    for (const text of data) {
      if (typeof text !== "string") throw new Error(`${name}: got ${typeof text}, expected text`);
      if (text.includes("\0")) throw new Error(`${name}: got a text with NUL, where onnxruntime would cut it`);
    }
  } else if (!ARRAYS[dtype]) throw new Error(`${name}: ${dtype} has no array in JavaScript`);
  else if (!(data instanceof ARRAYS[dtype])) throw new Error(`${name}: got ${data.constructor.name}, expected ${ARRAYS[dtype].name} for ${dtype}`);
  return [data, dims];
}

const isText = (dtype) => dtype.startsWith("str") || dtype === "object";

/** `{data, dims}` of an array of golden.json; null is NaN. */
export function readTensor({ dtype, values }) {
  const dims = [];
  for (let level = values; Array.isArray(level); [level] = level) dims.push(level.length);
  const flat = values.flat(Infinity);
  if (isText(dtype)) return { data: flat, dims };
  const make = dtype.endsWith("int64") ? BigInt : (value) => (value === null ? NaN : Number(value));
  return { data: ARRAYS[dtype].from(flat, make), dims };
}

/** The files that SHA256SUMS names, each as it was written, by name. */
export function checked(folder = HERE) {
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
  for (const name of NEEDED) if (!files.has(name)) throw new Error(`SHA256SUMS does not name ${name}: take the bundle again from where it was made`);
  return files;
}
