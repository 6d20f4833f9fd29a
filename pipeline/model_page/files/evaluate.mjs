// Evaluates an ONNX graph given as JSON (pipeline/model_page/graph_json.py), with the operators that
// this project's converters write. A tensor is {type, dims, data}, data a flat array in row order:
// Float64Array, Float32Array, BigInt64Array, Int32Array, Uint8Array (bool as well), or texts.

const HOLDERS = { f64: Float64Array, f32: Float32Array, i64: BigInt64Array, i32: Int32Array, u8: Uint8Array, bool: Uint8Array, str: Array };
const ELEMENTS = { 1: "f32", 2: "u8", 6: "i32", 7: "i64", 8: "str", 9: "bool", 11: "f64" };
const LOWEST = -(2n ** 63n);

/** A graph, ready to run. Throws where it has an operator that is not among `OPERATORS`. */
export class Graph {
  constructor({ inputs, outputs, tensors, nodes }) {
    Object.assign(this, { inputs, outputs });
    this.constants = new Map(tensors.map(([name, tensor]) => [name, decoded(tensor)]));
    this.nodes = nodes.map(([op, ins, outs, attributes]) => {
      if (!Object.hasOwn(OPERATORS, op)) throw new Error(`no operator ${op}`);
      const given = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attribute(value)]));
      return { op, ins, outs, attributes: given, memory: {} };
    });
  }

  /** The outputs, a Map of tensors by name, for a Map of the inputs. */
  run(feeds) {
    const values = this.evaluate(new Scope(undefined, feeds));
    return new Map(this.outputs.map((name, place) => [name, values[place]]));
  }

  evaluate(scope) {
    for (const [name, tensor] of this.constants) scope.values.set(name, tensor);
    for (const node of this.nodes) {
      const tensors = node.ins.map((name) => (name === "" ? undefined : scope.get(name)));
      const found = OPERATORS[node.op](tensors, node.attributes, { memory: node.memory, scope, count: node.outs.length });
      (Array.isArray(found) ? found : [found]).forEach((tensor, place) => scope.values.set(node.outs[place], tensor));
    }
    return this.outputs.map((name) => scope.get(name));
  }
}

/** Values by name; a subgraph sees those of the graph around it. */
class Scope {
  constructor(around, values = new Map()) {
    Object.assign(this, { around, values: new Map(values) });
  }

  get(name) {
    return this.values.get(name) ?? this.around?.get(name);
  }
}

function decoded([type, dims, content]) {
  if (type === "str") return { type, dims, data: content };
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  return { type, dims, data: new HOLDERS[type](bytes.buffer) };
}

function attribute(value) {
  if (value?.nodes) return new Graph(value);
  return Array.isArray(value) && Array.isArray(value[1]) ? decoded(value) : value;
}

const sizeOf = (dims) => dims.reduce((product, dim) => product * dim, 1);
const make = (type, dims, data = new HOLDERS[type](sizeOf(dims))) => ({ type, dims, data });
const place = (axis, rank) => (axis < 0 ? axis + rank : axis);
const numbers = (tensor) => Array.from(tensor.data, Number);

function strides(dims) {
  const steps = new Array(dims.length);
  for (let k = dims.length - 1, step = 1; k >= 0; k -= 1) {
    steps[k] = step;
    step *= dims[k];
  }
  return steps;
}

/** A shape around one axis: (outer, length, inner). */
function around(dims, axis) {
  return [sizeOf(dims.slice(0, axis)), dims[axis], sizeOf(dims.slice(axis + 1))];
}

/** Where each element of a larger shape lies in a tensor whose steps along its axes are given. */
function positions(dims, steps, first = 0) {
  const found = new Int32Array(sizeOf(dims));
  const index = new Array(dims.length).fill(0);
  for (let n = 0, at = first; n < found.length; n += 1) {
    found[n] = at;
    for (let k = dims.length - 1; k >= 0; k -= 1) {
      index[k] += 1;
      at += steps[k];
      if (index[k] < dims[k]) break;
      at -= steps[k] * dims[k];
      index[k] = 0;
    }
  }
  return found;
}

function commonShape(shapes) {
  const rank = Math.max(...shapes.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, k) => {
    const sizes = shapes.map((dims) => dims[k - rank + dims.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

/** A tensor's data, repeated to a shape. */
function stretched({ dims, data, type }, shape) {
  if (sizeOf(dims) === sizeOf(shape)) return data;
  const steps = strides(dims);
  const lead = shape.length - dims.length;
  const along = shape.map((size, k) => (k < lead || dims[k - lead] === 1 ? 0 : steps[k - lead]));
  return picked(type, data, positions(shape, along));
}

function picked(type, data, places) {
  const found = new HOLDERS[type](places.length);
  for (let n = 0; n < places.length; n += 1) found[n] = data[places[n]];
  return found;
}

const map = (compute, type) => ([x]) => {
  const found = make(type ?? x.type, x.dims);
  for (let n = 0; n < found.data.length; n += 1) found.data[n] = compute(x.data[n]);
  return found;
};

const zip = (compute, type) => (tensors, attributes = {}) => {
  const dims = commonShape(tensors.map((each) => each.dims));
  const [first, ...rest] = tensors.map((each) => stretched(each, dims));
  let data = first;
  for (const other of rest) {
    const found = new HOLDERS[type ?? tensors[0].type](first.length);
    for (let n = 0; n < found.length; n += 1) found[n] = compute(data[n], other[n], attributes);
    data = found;
  }
  return make(type ?? tensors[0].type, dims, data);
};

function where([condition, yes, no]) {
  const dims = commonShape([condition.dims, yes.dims, no.dims]);
  const [is, a, b] = [condition, yes, no].map((each) => stretched(each, dims));
  const found = make(yes.type, dims);
  for (let n = 0; n < found.data.length; n += 1) found.data[n] = is[n] ? a[n] : b[n];
  return found;
}

/** C's rules: 1 to any power is 1; as onnxruntime, squares and cubes are products. */
function power(base, exponent) {
  const e = Number(exponent);
  if (e === 2) return base * base;
  if (typeof base === "bigint") return base ** BigInt(exponent);
  if (e === 3) return base * base * base;
  return base === 1 || (base === -1 && Math.abs(e) === Infinity) ? 1 : base ** e;
}

function remainder(a, b, { fmod = 0 }) {
  const rest = a % b;
  return !fmod && rest && rest < 0 !== b < 0 ? rest + b : rest;
}

function divided(a, b) {
  return typeof a === "bigint" && b === 0n ? 0n : a / b;
}

const least = (a, b) => (typeof a === "bigint" ? (b < a ? b : a) : Math.min(a, b));
const most = (a, b) => (typeof a === "bigint" ? (b > a ? b : a) : Math.max(a, b));

function clip([x, low, high]) {
  let found = x;
  if (low) found = zip((value, limit) => (value < limit ? limit : value))([found, low]);
  return high ? zip((value, limit) => (value > limit ? limit : value))([found, high]) : found;
}

/** As a processor does it: what does not fit becomes the lowest integer. */
function cast([x], { to }) {
  const type = ELEMENTS[to];
  if (type === undefined || (type === "str") !== (x.type === "str")) throw new Error(`no cast from ${x.type} to ${type}`);
  const convert = {
    bool: (value) => (Number(value) !== 0 ? 1 : 0),
    i64: (value) => (typeof value === "bigint" ? value : Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : LOWEST),
    i32: (value) => (typeof value === "bigint" ? Number(BigInt.asIntN(32, value)) : Math.abs(value) < 2 ** 31 ? value : -(2 ** 31)),
    str: (value) => value,
  }[type];
  return map(convert ?? Number, type)([x]);
}

function reshaped([x, shape], { allowzero = 0 }) {
  const dims = numbers(shape).map((size, k) => (size === 0 && !allowzero ? x.dims[k] : size));
  const open = dims.indexOf(-1);
  if (open >= 0) dims[open] = x.data.length / (sizeOf(dims) * -1 || 1);
  return make(x.type, dims, x.data);
}

function squeezed([x, axes]) {
  const gone = axes ? numbers(axes).map((axis) => place(axis, x.dims.length)) : undefined;
  return make(x.type, x.dims.filter((size, k) => (gone ? !gone.includes(k) : size !== 1)), x.data);
}

function unsqueezed([x, axes]) {
  const rank = x.dims.length + axes.data.length;
  const added = new Set(numbers(axes).map((axis) => place(axis, rank)));
  const rest = [...x.dims];
  return make(x.type, Array.from({ length: rank }, (_, k) => (added.has(k) ? 1 : rest.shift())), x.data);
}

function transposed([x], { perm }) {
  const order = perm ? numbers(perm) : x.dims.map((_, k) => k).reverse();
  const steps = strides(x.dims);
  const dims = order.map((k) => x.dims[k]);
  return make(x.type, dims, picked(x.type, x.data, positions(dims, order.map((k) => steps[k]))));
}

function concat(tensors, { axis }) {
  const at = place(axis, tensors[0].dims.length);
  const dims = [...tensors[0].dims];
  dims[at] = tensors.reduce((sum, each) => sum + each.dims[at], 0);
  const found = make(tensors[0].type, dims);
  const [outer, , inner] = around(dims, at);
  let start = 0;
  for (const { data, dims: own } of tensors) {
    const width = own[at] * inner;
    for (let row = 0; row < outer; row += 1) {
      for (let n = 0; n < width; n += 1) found.data[row * dims[at] * inner + start + n] = data[row * width + n];
    }
    start += width;
  }
  return found;
}

function slice([x, starts, ends, axes, by]) {
  const rank = x.dims.length;
  const [dims, steps] = [[...x.dims], strides(x.dims)];
  let first = 0;
  numbers(starts).forEach((start, n) => {
    const k = place(axes ? Number(axes.data[n]) : n, rank);
    const [size, step, end] = [x.dims[k], by ? Number(by.data[n]) : 1, Number(ends.data[n])];
    const within = (value, low, high) => Math.min(Math.max(value < 0 ? value + size : value, low), high);
    const [from, to] = step > 0 ? [within(start, 0, size), within(end, 0, size)] : [within(start, 0, size - 1), within(end, -1, size - 1)];
    dims[k] = Math.max(Math.ceil((to - from) / step), 0);
    first += from * steps[k];
    steps[k] *= step;
  });
  return make(x.type, dims, picked(x.type, x.data, positions(dims, steps, first)));
}

function split([x, sizes], { axis = 0, num_outputs: parts }, { count }) {
  const at = place(axis, x.dims.length);
  const each = Math.ceil(x.dims[at] / (parts ?? count));
  const widths = sizes ? numbers(sizes) : Array.from({ length: count }, (_, n) => Math.min(each, x.dims[at] - n * each));
  let start = 0;
  return widths.map((width) => {
    const [dims, steps] = [[...x.dims], strides(x.dims)];
    dims[at] = width;
    const part = make(x.type, dims, picked(x.type, x.data, positions(dims, steps, start * steps[at])));
    start += width;
    return part;
  });
}

function pad([x, pads, value, axes], { mode = "constant" }) {
  if (mode !== "constant") throw new Error(`no padding of mode ${mode}`);
  const [given, rank] = [numbers(pads), x.dims.length];
  const chosen = axes ? numbers(axes).map((axis) => place(axis, rank)) : x.dims.map((_, k) => k);
  const [before, dims] = [new Array(rank).fill(0), [...x.dims]];
  chosen.forEach((k, n) => {
    before[k] = given[n];
    dims[k] += given[n] + given[n + chosen.length];
  });
  const found = make(x.type, dims);
  found.data.fill(value ? value.data[0] : { i64: 0n, str: "" }[x.type] ?? 0);
  const steps = strides(dims);
  const to = positions(x.dims, steps, before.reduce((sum, size, k) => sum + size * steps[k], 0));
  to.forEach((target, n) => { found.data[target] = x.data[n]; });
  return found;
}

function gather([x, indices], { axis = 0 }) {
  const at = place(axis, x.dims.length);
  const [outer, size, inner] = around(x.dims, at);
  const rows = numbers(indices).map((index) => checked(index, size));
  const places = new Int32Array(outer * rows.length * inner);
  let n = 0;
  for (let row = 0; row < outer; row += 1) {
    for (const index of rows) for (let k = 0; k < inner; k += 1, n += 1) places[n] = (row * size + index) * inner + k;
  }
  const dims = [...x.dims.slice(0, at), ...indices.dims, ...x.dims.slice(at + 1)];
  return make(x.type, dims, picked(x.type, x.data, places));
}

function checked(index, size) {
  if (!(index >= -size && index < size)) throw new Error(`index ${index} is beyond ${size} values`);
  return place(index, size);
}

function gatherElements([x, indices], { axis = 0 }) {
  const at = place(axis, x.dims.length);
  const steps = strides(x.dims);
  const first = positions(indices.dims, steps.map((step, k) => (k === at ? 0 : step)));
  const places = first.map((start, n) => start + checked(Number(indices.data[n]), x.dims[at]) * steps[at]);
  return make(x.type, indices.dims, picked(x.type, x.data, places));
}

/** Where each of the last axis' index vectors points, and how many values it stands for. */
function pointed(dims, indices) {
  const width = indices.dims.at(-1);
  const [steps, inner] = [strides(dims), sizeOf(dims.slice(width))];
  const starts = Array.from({ length: sizeOf(indices.dims.slice(0, -1)) }, (_, n) => {
    let start = 0;
    for (let k = 0; k < width; k += 1) start += checked(Number(indices.data[n * width + k]), dims[k]) * steps[k];
    return start;
  });
  return [starts, inner, dims.slice(width)];
}

function gatherND([x, indices], { batch_dims: batches = 0 }) {
  if (batches) throw new Error("no GatherND with batch_dims");
  const [starts, inner, rest] = pointed(x.dims, indices);
  const places = new Int32Array(starts.length * inner);
  starts.forEach((start, n) => { for (let k = 0; k < inner; k += 1) places[n * inner + k] = start + k; });
  return make(x.type, [...indices.dims.slice(0, -1), ...rest], picked(x.type, x.data, places));
}

function scatterND([x, indices, updates], { reduction = "none" }) {
  if (reduction !== "none") throw new Error(`no ScatterND with reduction ${reduction}`);
  const found = make(x.type, x.dims, x.data.slice());
  const [starts, inner] = pointed(x.dims, indices);
  starts.forEach((start, n) => { for (let k = 0; k < inner; k += 1) found.data[start + k] = updates.data[n * inner + k]; });
  return found;
}

function nonZero([x]) {
  const places = [...x.data.keys()].filter((n) => Number(x.data[n]) !== 0);
  const steps = strides(x.dims);
  const found = make("i64", [x.dims.length, places.length]);
  x.dims.forEach((size, k) => places.forEach((at, n) => { found.data[k * places.length + n] = BigInt(Math.floor(at / steps[k]) % size); }));
  return found;
}

/** Folds axes: `fold(total, value)`, then `end(total, count)`. */
const reduce = (fold, start, end = (total) => total) => ([x, axes], { keepdims = 1, noop_with_empty_axes: noop = 0 }) => {
  const all = x.dims.map((_, k) => k);
  const chosen = new Set(axes?.data.length ? numbers(axes).map((axis) => place(axis, all.length)) : noop ? [] : all);
  const dims = x.dims.map((size, k) => (chosen.has(k) ? 1 : size));
  const own = strides(dims);
  const to = positions(x.dims, own.map((step, k) => (chosen.has(k) ? 0 : step)));
  const found = make(x.type, keepdims ? dims : dims.filter((_, k) => !chosen.has(k)));
  const begun = new Uint8Array(found.data.length);
  const zero = x.type === "i64" ? BigInt(start ?? 0) : start;
  if (start !== undefined) found.data.fill(zero);
  to.forEach((target, n) => {
    found.data[target] = start === undefined && !begun[target] ? x.data[n] : fold(found.data[target], x.data[n]);
    begun[target] = 1;
  });
  const count = x.data.length / found.data.length;
  for (let n = 0; n < found.data.length; n += 1) found.data[n] = end(found.data[n], count);
  return found;
};

const extreme = (isBetter) => ([x], { axis = 0, keepdims = 1, select_last_index: last = 0 }) => {
  const at = place(axis, x.dims.length);
  const [outer, size, inner] = around(x.dims, at);
  const dims = keepdims ? x.dims.map((each, k) => (k === at ? 1 : each)) : x.dims.filter((_, k) => k !== at);
  const found = make("i64", dims);
  for (let row = 0; row < outer; row += 1) {
    for (let k = 0; k < inner; k += 1) {
      let best = 0;
      const value = (n) => x.data[(row * size + n) * inner + k];
      for (let n = 1; n < size; n += 1) if (isBetter(value(n), value(best)) || (last && value(n) === value(best))) best = n;
      found.data[row * inner + k] = BigInt(best);
    }
  }
  return found;
};

function topK([x, k], { axis = -1, largest = 1 }) {
  const at = place(axis, x.dims.length);
  const [outer, size, inner] = around(x.dims, at);
  const count = Number(k.data[0]);
  const dims = x.dims.map((each, n) => (n === at ? count : each));
  const [values, indices] = [make(x.type, dims), make("i64", dims)];
  for (let row = 0; row < outer; row += 1) {
    for (let column = 0; column < inner; column += 1) {
      const value = (n) => x.data[(row * size + n) * inner + column];
      const order = Array.from({ length: size }, (_, n) => n).sort((a, b) => {
        const [p, q] = largest ? [value(b), value(a)] : [value(a), value(b)];
        return p < q ? -1 : p > q ? 1 : a - b;
      });
      for (let n = 0; n < count; n += 1) {
        values.data[(row * count + n) * inner + column] = value(order[n]);
        indices.data[(row * count + n) * inner + column] = BigInt(order[n]);
      }
    }
  }
  return [values, indices];
}

function cumSum([x, axis], { exclusive = 0, reverse = 0 }) {
  const [outer, size, inner] = around(x.dims, place(Number(axis.data[0]), x.dims.length));
  const found = make(x.type, x.dims);
  for (let row = 0; row < outer; row += 1) {
    for (let k = 0; k < inner; k += 1) {
      let total = x.type === "i64" ? 0n : 0;
      for (let step = 0; step < size; step += 1) {
        const n = (row * size + (reverse ? size - 1 - step : step)) * inner + k;
        if (exclusive) found.data[n] = total;
        total = step === 0 ? x.data[n] : total + x.data[n];
        if (!exclusive) found.data[n] = total;
      }
    }
  }
  return found;
}

function softmax([x], { axis = -1 }) {
  const axes = [make("i64", [1], BigInt64Array.of(BigInt(axis)))];
  const powers = map(Math.exp)([zip((a, b) => a - b)([x, OPERATORS.ReduceMax([x, ...axes], {})])]);
  return zip((a, b) => a / b)([powers, OPERATORS.ReduceSum([powers, ...axes], {})]);
}

function logSumExp([x, axes], attributes) {
  const largest = OPERATORS.ReduceMax([x, axes], { ...attributes, keepdims: 1 });
  const finite = map((v) => (Number.isFinite(v) ? v : 0))([largest]);
  const powers = map(Math.exp)([zip((a, b) => a - b)([x, finite])]);
  const sums = map(Math.log)([OPERATORS.ReduceSum([powers, axes], attributes)]);
  return make(x.type, sums.dims, sums.data.map((v, n) => v + finite.data[n]));
}

/** a * b + c, rounded once as a processor's FMA does, but where it would overflow on the way. */
function multiplyAdd(a, b, c) {
  const product = a * b;
  const [aHigh, bHigh] = [high(a), high(b)];
  const [aLow, bLow] = [a - aHigh, b - bHigh];
  const lost = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  const total = product + c;
  const part = total - product;
  const rest = product - (total - part) + (c - part) + lost;
  return rest - rest === 0 ? total + rest : total;
}

/** The upper half of a double's digits. */
function high(value) {
  const shifted = 134217729 * value;
  return shifted - (shifted - value);
}

const BLOCK = 128;

/**
 * (M, K) @ (K, N) of flat arrays, read by their steps. Sums are made as onnxruntime makes them on
 * processors with FMA: where a matrix is nearly singular, another order is another answer.
 */
function product(a, b, [rows, middle, columns], [aRow, aColumn, bRow, bColumn], [aFirst, bFirst] = [0, 0]) {
  const found = new a.constructor(rows * columns);
  const isSingle = a instanceof Float32Array;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let sum = 0;
      for (let start = 0; start < middle; start += BLOCK) {
        let part = 0;
        for (let k = start; k < Math.min(start + BLOCK, middle); k += 1) {
          const [left, right] = [a[aFirst + row * aRow + k * aColumn], b[bFirst + k * bRow + column * bColumn]];
          part = isSingle ? Math.fround(left * right + part) : multiplyAdd(left, right, part);
        }
        sum = isSingle ? Math.fround(sum + part) : sum + part;
      }
      found[row * columns + column] = sum;
    }
  }
  return found;
}

function gemm([a, b, c], { alpha = 1, beta = 1, transA = 0, transB = 0 }) {
  const [rows, middle] = transA ? [a.dims[1], a.dims[0]] : a.dims;
  const columns = b.dims[transB ? 0 : 1];
  const steps = [...(transA ? [1, rows] : [middle, 1]), ...(transB ? [1, middle] : [columns, 1])];
  const found = product(a.data, b.data, [rows, middle, columns], steps);
  const [bias, factors] = [c && stretched(c, [rows, columns]), [scalar(alpha), scalar(beta)]];
  const data = make(a.type, [rows, columns]);
  for (let n = 0; n < found.length; n += 1) data.data[n] = factors[0] * found[n] + (bias ? factors[1] * bias[n] : 0);
  return data;
}

const scalar = (value) => value?.data?.[0] ?? value;

function matMul([a, b]) {
  const [left, right] = [a.dims.length === 1 ? [1, ...a.dims] : a.dims, b.dims.length === 1 ? [...b.dims, 1] : b.dims];
  const [rows, middle] = left.slice(-2);
  const columns = right.at(-1);
  const batch = commonShape([left.slice(0, -2), right.slice(0, -2)]);
  const starts = [left, right].map((dims) => {
    const places = make("i32", dims.slice(0, -2));
    places.data.forEach((_, n) => { places.data[n] = n * sizeOf(dims.slice(-2)); });
    return stretched(places, batch);
  });
  const dims = [...batch, ...(a.dims.length === 1 ? [] : [rows]), ...(b.dims.length === 1 ? [] : [columns])];
  const found = make(a.type, dims);
  for (let n = 0; n < sizeOf(batch); n += 1) {
    found.data.set(product(a.data, b.data, [rows, middle, columns], [middle, 1, columns, 1], [starts[0][n], starts[1][n]]), n * rows * columns);
  }
  return found;
}

// --- subgraphs --------------------------------------------------------------------------------

function choose([condition], { then_branch: yes, else_branch: no }, { scope }) {
  return (condition.data[0] ? yes : no).evaluate(new Scope(scope));
}

function within(body, tensors, scope) {
  return body.evaluate(new Scope(scope, body.inputs.map((name, n) => [name, tensors[n]])));
}

function scan(tensors, { body, num_scan_inputs: scanned }, { scope }) {
  let states = tensors.slice(0, -scanned);
  const lists = tensors.slice(-scanned);
  const stacks = body.outputs.slice(states.length).map(() => []);
  for (let n = 0; n < lists[0].dims[0]; n += 1) {
    const parts = lists.map(({ type, dims, data }) => {
      const size = sizeOf(dims.slice(1));
      return make(type, dims.slice(1), data.slice(n * size, (n + 1) * size));
    });
    const found = within(body, [...states, ...parts], scope);
    stacks.forEach((stack, k) => stack.push(found[states.length + k]));
    states = found.slice(0, states.length);
  }
  return [...states, ...stacks.map((parts) => concat(parts.map((part) => make(part.type, [1, ...part.dims], part.data)), { axis: 0 }))];
}

function loop([limit, condition, ...states], { body }, { scope }) {
  if (body.outputs.length !== states.length + 1) throw new Error("no Loop that stacks values");
  let isOn = condition ? condition.data[0] : 1;
  for (let turn = 0n; isOn && (!limit || turn < limit.data[0]); turn += 1n) {
    const [next, ...found] = within(body, [make("i64", [], BigInt64Array.of(turn)), make("bool", [], Uint8Array.of(isOn)), ...states], scope);
    isOn = next.data[0];
    states = found;
  }
  return states;
}

// --- ai.onnx.ml -------------------------------------------------------------------------------

const listed = (attributes, stem) => Object.keys(attributes).find((name) => name.startsWith(stem) && attributes[name] !== undefined);
const DEFAULTS = { values_strings: ["default_string", "_Unused"], values_int64s: ["default_int64", -1], values_floats: ["default_float", -0], values_tensor: ["default_tensor", 0] };

function labelEncoder([x], attributes, { memory }) {
  const name = listed(attributes, "values_");
  const values = attributes[name];
  const isText = Array.isArray(values);
  if (!memory.places) {
    const keys = attributes[listed(attributes, "keys_")];
    memory.places = new Map(Array.from(keys.data ?? keys, (key, n) => [key, n]).reverse());
    const [other, usual] = DEFAULTS[name];
    const rest = scalar(attributes[other] ?? usual);
    memory.rest = values.type === "i64" ? BigInt(rest) : rest;
  }
  const found = make(isText ? "str" : values.type, x.dims);
  for (let n = 0; n < found.data.length; n += 1) {
    const at = memory.places.get(x.data[n]);
    found.data[n] = at === undefined ? memory.rest : (values.data ?? values)[at];
  }
  return found;
}

/** The leaves' values added up per target, in the order of the trees. */
function treeEnsemble([x], attributes, { memory }) {
  if (!memory.roots) Object.assign(memory, forest(attributes));
  const { roots, feature, modes, splits, yes, no, missing, members, weights, targets, count } = memory;
  const [rows, width] = x.dims;
  const found = make(x.type, [rows, count]);
  for (let row = 0; row < rows; row += 1) {
    for (const root of roots) {
      let node = root;
      while (node >= 0) {
        const value = x.data[row * width + feature[node]];
        const mode = modes[node];
        const isTrue = mode === 0 ? value <= splits[node] : mode === 1 ? value < splits[node] : members[node].has(value);
        node = isTrue || (missing[node] && Number.isNaN(value)) ? yes[node] : no[node];
      }
      found.data[row * count + targets[~node]] += weights[~node];
    }
  }
  if (memory.isMean) found.data.forEach((sum, n) => { found.data[n] = sum / roots.length; });
  return found;
}

/** Flat arrays of the splits; a child that is a leaf is ~(its number). */
function forest({ tree_roots: roots, nodes_modes: modes, ...given }) {
  if (given.post_transform || ![0, 1].includes(given.aggregate_function ?? 1)) throw new Error("no such TreeEnsemble");
  if (modes.data.some((mode) => ![0, 1, 6].includes(mode))) throw new Error("no such split in a TreeEnsemble");
  const child = (ids, leaves) => Int32Array.from(numbers(given[ids]), (id, n) => (given[leaves].data[n] ? ~id : id));
  const sets = [new Set()];
  for (const value of given.membership_values?.data ?? []) {
    if (Number.isNaN(value)) sets.push(new Set());
    else sets.at(-1).add(value);
  }
  return {
    roots: numbers(roots), modes: modes.data, splits: given.nodes_splits.data,
    feature: Int32Array.from(numbers(given.nodes_featureids)),
    yes: child("nodes_truenodeids", "nodes_trueleafs"), no: child("nodes_falsenodeids", "nodes_falseleafs"),
    missing: Uint8Array.from(given.nodes_missing_value_tracks_true ? numbers(given.nodes_missing_value_tracks_true) : modes.data.map(() => 0)),
    members: Array.from(modes.data, (mode) => (mode === 6 ? sets.shift() : undefined)),
    weights: given.leaf_weights.data, targets: Int32Array.from(numbers(given.leaf_targetids)),
    count: given.n_targets, isMean: given.aggregate_function === 0,
  };
}

function arrayFeatures([x, indices]) {
  return gather([make(x.type, x.dims.length === 1 ? [1, ...x.dims] : x.dims, x.data), make("i64", [indices.data.length], indices.data)], { axis: -1 });
}

// --- text -------------------------------------------------------------------------------------

/** Words of each text: (N,) -> (N, W), rows with fewer words filled up. RE2 writes \pL for \p{L}. */
function tokenizer([x], { tokenexp: pattern, pad_value: padding, mark = 0, mincharnum: least = 1 }, { memory }) {
  if (!pattern || mark) throw new Error("no such Tokenizer");
  memory.pattern ??= new RegExp(pattern.replace(/\\([pP])([A-Z])/g, "\\$1{$2}"), "gu");
  const rows = x.data.map((text) => (text.match(memory.pattern) ?? []).filter((word) => [...word].length >= least));
  const width = Math.max(...rows.map((words) => words.length));
  const dims = [...x.dims, width];
  return make("str", dims, rows.flatMap((words) => [...words, ...new Array(width - words.length).fill(padding)]));
}

/** Lower case sign by sign, as C does it: none becomes two, and no sigma is a final one. */
function lower(text) {
  return Array.from(text, (sign) => {
    const small = sign.toLowerCase();
    return small.length > sign.length ? small.slice(0, sign.length) : small;
  }).join("");
}

function stringNormalizer([x], { case_change_action: action = "NONE", stopwords }) {
  if (action !== "LOWER" || stopwords?.length) throw new Error("no such StringNormalizer");
  return map(lower)([x]);
}

function wordCounts([x], { mode, min_gram_length: shortest, max_gram_length: longest, pool_strings: pool, ngram_indexes: columns }, { memory }) {
  if (mode !== "TF" || shortest !== 1 || longest !== 1 || !pool) throw new Error("no such TfIdfVectorizer");
  memory.places ??= new Map(pool.map((word, n) => [word, Number(columns.data[n])]));
  const width = numbers(columns).reduce((last, column) => Math.max(last, column), -1) + 1;
  const found = make("f32", [...x.dims.slice(0, -1), width]);
  x.data.forEach((word, n) => {
    const column = memory.places.get(word);
    if (column !== undefined) found.data[Math.floor(n / x.dims.at(-1)) * width + column] += 1;
  });
  return found;
}

// --- the table --------------------------------------------------------------------------------

const isNaN = Number.isNaN;
const sum = (a, b) => a + b;
const shapeOf = (tensor) => BigInt64Array.from(tensor.dims, BigInt);

/** Each operator by its name: (tensors, attributes, {memory, scope, count}) => tensor or tensors. */
export const OPERATORS = {
  Abs: map((v) => (v < 0 ? -v : typeof v === "bigint" ? v : Math.abs(v))),
  Add: zip(sum),
  And: zip((a, b) => a & b),
  ArgMax: extreme((a, b) => a > b),
  ArgMin: extreme((a, b) => a < b),
  ArrayFeatureExtractor: arrayFeatures,
  Cast: cast,
  Clip: clip,
  Concat: concat,
  Constant: (_, { value }) => value,
  ConstantOfShape: ([shape], { value }) => {
    const found = make(value?.type ?? "f32", numbers(shape));
    found.data.fill(value?.data[0] ?? 0);
    return found;
  },
  CumSum: cumSum,
  Div: zip(divided),
  Equal: zip((a, b) => a === b, "bool"),
  Exp: map(Math.exp),
  Expand: ([x, shape]) => {
    const dims = commonShape([x.dims, numbers(shape)]);
    return make(x.type, dims, stretched(x, dims));
  },
  Flatten: ([x], { axis = 1 }) => make(x.type, [sizeOf(x.dims.slice(0, axis)), sizeOf(x.dims.slice(axis))], x.data),
  Floor: map(Math.floor),
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  Gemm: gemm,
  Greater: zip((a, b) => a > b, "bool"),
  GreaterOrEqual: zip((a, b) => a >= b, "bool"),
  Identity: ([x]) => x,
  If: choose,
  IsInf: ([x], { detect_negative: below = 1, detect_positive: above = 1 }) =>
    map((v) => ((above && v === Infinity) || (below && v === -Infinity) ? 1 : 0), "bool")([x]),
  IsNaN: map((v) => (isNaN(v) ? 1 : 0), "bool"),
  LabelEncoder: labelEncoder,
  Less: zip((a, b) => a < b, "bool"),
  LessOrEqual: zip((a, b) => a <= b, "bool"),
  Log: map(Math.log),
  Loop: loop,
  MatMul: matMul,
  Max: zip(most),
  Min: zip(least),
  Mod: zip(remainder),
  Mul: zip((a, b) => a * b),
  Neg: map((v) => -v),
  NonZero: nonZero,
  Not: map((v) => (v ? 0 : 1)),
  Or: zip((a, b) => a | b),
  Pad: pad,
  Pow: zip(power),
  Reciprocal: map((v) => 1 / v),
  ReduceLogSumExp: logSumExp,
  ReduceMax: reduce(most),
  ReduceMean: reduce(sum, 0, (total, count) => total / count),
  ReduceMin: reduce(least),
  ReduceProd: reduce((a, b) => a * b, 1),
  ReduceSum: reduce(sum, 0),
  ReduceSumSquare: reduce((total, v) => total + v * v, 0),
  Relu: map((v) => (v > 0 || isNaN(v) ? v : 0)),
  Reshape: reshaped,
  Scan: scan,
  ScatterND: scatterND,
  Shape: ([x], { start = 0, end }) => {
    const data = shapeOf(x).slice(start, end);
    return make("i64", [data.length], data);
  },
  Sigmoid: map((v) => (v >= 0 ? 1 / (1 + Math.exp(-v)) : 1 - 1 / (1 + Math.exp(v)))),
  Sign: map((v) => (typeof v === "bigint" ? BigInt(Math.sign(Number(v))) : Math.sign(v))),
  Slice: slice,
  Softmax: softmax,
  Split: split,
  Sqrt: map(Math.sqrt),
  Squeeze: squeezed,
  StringNormalizer: stringNormalizer,
  Sub: zip((a, b) => a - b),
  Sum: zip(sum),
  Tanh: map(Math.tanh),
  TfIdfVectorizer: wordCounts,
  Tokenizer: tokenizer,
  TopK: topK,
  Transpose: transposed,
  TreeEnsemble: treeEnsemble,
  Unsqueeze: unsqueezed,
  Where: where,
  Xor: zip((a, b) => a ^ b),
};
