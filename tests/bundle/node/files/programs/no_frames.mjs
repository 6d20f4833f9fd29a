import { rowsOfFrame } from "./tables.mjs";

const said = [null, 1, [], {}, { columns: ["a"] }].map((frame) => {
  try {
    return rowsOfFrame(frame, { inputs: [] });
  } catch (error) {
    return error.message;
  }
});
console.log(JSON.stringify(said));
