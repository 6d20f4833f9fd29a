import * as aq from "arquero";
import danfojs from "danfojs";
import pl from "nodejs-polars";

import { replay } from "./cases.mjs";
import { rowsOfFrame } from "./tables.mjs";

const typeOf = (cell) => ({ boolean: pl.Bool, string: pl.Utf8 })[typeof cell] ?? pl.Float64;
const makers = {
  "nodejs-polars": (name, cell) => pl.DataFrame([pl.Series(name, [cell], typeOf(cell))]),
  arquero: (name, cell) => aq.table({ [name]: [cell] }),
  danfojs: (name, cell) => new danfojs.DataFrame([{ [name]: cell }]),
};
const found = Object.entries(makers).map(([library, make]) => (
  [library, replay((name, cell, manifest) => rowsOfFrame(make(name, cell), manifest, { typed: true }))]
));
console.log(JSON.stringify(Object.fromEntries(found)));
