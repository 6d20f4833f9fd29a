// Runs the graph with the page's own evaluator.

import { Graph } from "./evaluate.mjs";

const TYPES = { number: "f64", text: "str", boolean: "bool", date: "i64" };

/** A function from the data of the inputs to that of the outputs. */
export async function open({ graph, inputs }) {
  const opened = new Graph(graph);
  return async (data, count) => {
    const feeds = Object.entries(inputs).map(([name, kind]) => [name, { type: TYPES[kind], dims: [count, 1], data: data[name] }]);
    return Object.fromEntries([...opened.run(feeds)].map(([name, tensor]) => [name, tensor.data]));
  };
}
