// Scores rows with the model of this folder, in a browser or in Node.js, on WebAssembly. Files are held against
// SHA256SUMS before the model is loaded.

import { Predictor } from "./answers.mjs";

export { CellError } from "./feeds.mjs";

const HERE = new URL(".", import.meta.url);
const TYPES = { number: "float64", text: "string", boolean: "bool", date: "int64" };
const NEEDED = ["model.onnx", "manifest.json", "golden.json", "feed_cases.json", "runtime.sha256", "answers.mjs", "feeds.mjs", "replay.mjs", "scorer.mjs"];
const WASM = "ort-wasm-simd-threaded.wasm";
const AGAIN = "take the bundle again from where it was made";

/** One model, ready to predict: `const scorer = await Scorer.open()`. */
export class Scorer extends Predictor {
  /** Opens the bundle in a folder; refuses files that are not as they were written. */
  static async open(folder = HERE) {
    const files = await checked(folder);
    const manifest = JSON.parse(text(files.get("manifest.json")));
    const ort = await loadRuntime(folder, files);
    const session = await ort.InferenceSession.create(files.get("model.onnx"), { executionProviders: ["wasm"] });
    return new Scorer(manifest, async (data, count) => {
      const tensors = manifest.inputs.map(({ name, kind }) => [name, new ort.Tensor(TYPES[kind], data[name], [count, 1])]);
      const outputs = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data]));
    });
  }
}

/** The files that score and prove, each as SHA256SUMS has it, by name. */
export async function checked(folder = HERE) {
  const sums = listed(text(await read(new URL("SHA256SUMS", folder))));
  const missing = NEEDED.find((name) => !sums.has(name));
  if (missing) throw new Error(`SHA256SUMS does not name ${missing}: ${AGAIN}`);
  const contents = await Promise.all(NEEDED.map((name) => readChecked(folder, name, sums.get(name))));
  return new Map(NEEDED.map((name, place) => [name, contents[place]]));
}

/** onnxruntime-web on one thread; its program for WebAssembly is checked, too. */
async function loadRuntime(folder, files) {
  const sums = listed(text(files.get("runtime.sha256")));
  const binary = await readChecked(folder, `runtime/${WASM}`, sums.get(WASM));
  const { default: ort } = await import(new URL("runtime/ort.wasm.min.mjs", folder));
  Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: binary });
  return ort;
}

async function readChecked(folder, name, expected) {
  const content = await read(new URL(name, folder));
  const found = await digest(content);
  if (found !== expected) throw new Error(`${name}: got sha256 ${found.slice(0, 12)}…, expected ${expected.slice(0, 12)}…; ${AGAIN}`);
  return content;
}

async function digest(content) {
  if (!globalThis.crypto?.subtle) throw new Error("the browser offers no SHA-256 here: open the page by https, or at 127.0.0.1");
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function read(url) {
  if (isFile(url)) {
    const { readFile } = await import("node:fs/promises");
    return new Uint8Array(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

const isFile = (url) => url.protocol === "file:";
const text = (content) => new TextDecoder().decode(content);
const listed = (sums) => new Map(sums.trimEnd().split("\n").map((line) => line.split("  ").reverse()));
