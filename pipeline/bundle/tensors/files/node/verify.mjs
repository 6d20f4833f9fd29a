// Replays golden.json: the rows in one batch, and each alone. Ends with 5 where this runtime answers otherwise,
// with 3 where a file is not as it was written. `--measure` adds how fast it is.

import { createRequire } from "node:module";

import { Scorer, checked, readTensor } from "./scorer.mjs";

const ROUNDS = 200;
const started = performance.now();
const golden = JSON.parse(refuse(() => checked()).get("golden.json"));
const scorer = await Scorer.open();
const opened = performance.now() - started;
const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");

const inputs = read(golden.inputs);
const outputs = read(golden.outputs);
const total = Object.values(inputs)[0].dims[0];
const rows = { count: total, outside: 0, flips: 0, error: 0 };
await compare(0, total);
for (let row = 0; row < total; row++) await compare(row, row + 1);
const found = { runtime: `onnxruntime-node ${version}`, rows };
if (process.argv.includes("--measure")) found.speed = { open_ms: opened, row_us: await measure() };
console.log(JSON.stringify(found));
process.exitCode = rows.outside || rows.flips ? 5 : 0;

function read(entries) {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, readTensor(entry)]));
}

function take({ data, dims }, from, to) {
  const size = data.length / dims[0];
  return { data: data.slice(from * size, to * size), dims: [to - from, ...dims.slice(1)] };
}

async function compare(from, to) {
  const answers = await scorer.predict(Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, take(tensor, from, to)])));
  for (const [name, tensor] of Object.entries(outputs)) count(answers[name], take(tensor, from, to));
}

function count(got, want) {
  if (JSON.stringify(got.dims) !== JSON.stringify(want.dims)) {
    rows.outside += want.dims[0];
    return;
  }
  const allowed = (value) => golden.atol + golden.rtol * Math.abs(value);
  const isFloat = want.data instanceof Float32Array || want.data instanceof Float64Array;
  for (let k = 0; k < want.data.length; k++) {
    const [have, value] = [got.data[k], want.data[k]];
    if (!isFloat) rows.outside += have === value ? 0 : 1;
    else if (Number.isNaN(value)) rows.outside += Number.isFinite(have) ? 1 : 0; // null stands for NaN and infinity
    else {
      const error = Math.abs(have - value);
      rows.outside += error <= allowed(value) ? 0 : 1;
      rows.error = Math.max(rows.error, error);
    }
  }
  if (isFloat && want.dims.length === 2 && want.dims[1] > 1) {
    const width = want.dims[1];
    for (let row = 0; row < want.dims[0]; row++) {
      const [theirs, ours] = [want, got].map(({ data }) => data.slice(row * width, (row + 1) * width));
      const top = Math.max(...theirs);
      if (top - theirs[ours.indexOf(Math.max(...ours))] > 2 * allowed(top)) rows.flips++;
    }
  }
}

async function measure() {
  const row = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, take(tensor, 0, 1)]));
  const times = [];
  for (let k = 0; k < ROUNDS; k++) {
    const start = performance.now();
    await scorer.predict(row);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[ROUNDS / 2] * 1000;
}

function refuse(open) {
  try {
    return open();
  } catch (error) {
    console.error(error.message);
    process.exit(3);
  }
}
