"""Writes the table's first row as Python, JavaScript, JSON and shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.manifest.columns import Input, Kind

SCORER = """\
from pipeline.scorer import Scorer

scorer = Scorer("onnx/model.onnx")
answer = scorer.predict_one(
    {{
{row}
    }}
)
print(answer)
"""

SCORER_FRAME = """\
import pandas as pd
from pipeline.scorer import Scorer

scorer = Scorer("onnx/model.onnx")
frame = pd.read_csv("new.csv", dtype=str)  # the scorer reads the text of every cell
scored = scorer.score_frame(frame)
"""

ONNXRUNTIME = """\
import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when onnxruntime is imported

import numpy as np
import onnxruntime

{builders}

feeds = {{
{row}
}}
session = onnxruntime.InferenceSession("onnx/model.onnx", providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
for name, values in zip(names, session.run(names, feeds)):
    print(name, values.tolist())
"""

NODE = """\
process.env.ORT_DISABLE_TELEMETRY = "1"; // read when onnxruntime is loaded
const ort = require("onnxruntime-node");

const tensor = (type, data) => new ort.Tensor(type, data, [data.length, 1]);
{builders}

const feeds = {{
{row}
}};

async function main() {{
  const session = await ort.InferenceSession.create("onnx/model.onnx");
  for (const [name, {{ data }}] of Object.entries(await session.run(feeds))) {{
    console.log(name, JSON.stringify(Array.from(data{numbers})));
  }}
}}
main();
"""

PYFUNC = """\
import mlflow.pyfunc
import pandas as pd

model = mlflow.pyfunc.load_model({model})
frame = pd.DataFrame(
    {{
{row}
    }}
)
scored = model.predict(frame)
print(scored.to_dict("records"))
"""

PYFUNC_FRAME = """\
import mlflow.pyfunc
import pandas as pd

model = mlflow.pyfunc.load_model({model})
frame = pd.read_csv("new.csv", dtype=str)  # the model reads the text of every cell
scored = model.predict(frame)
"""

PYTHON_BUILDERS: Mapping[Kind, str] = {
    "number": """\
def number(values):  # None: NaN
    return np.array(values, np.float64).reshape(-1, 1)""",
    "text": """\
def text(values):  # None and NaN: empty
    return np.array(["" if v is None or v != v else v for v in values], object).reshape(-1, 1)""",
    "boolean": """\
def boolean(values):  # None: an error
    return np.array([int(v) for v in values]).astype(bool).reshape(-1, 1)""",
    "date": """\
def date(values):  # None: NaT
    return np.array(values, "datetime64[ns]").astype(np.int64).reshape(-1, 1)""",
}

NODE_BUILDERS: Mapping[Kind, str] = {
    "number": """\
const number = (values) => tensor("float64", Float64Array.from(values, (v) => v ?? NaN));""",
    "text": """\
const text = (values) => tensor("string", values.map((v) => v ?? ""));""",
    "boolean": """\
const boolean = (values) => tensor("bool", Uint8Array.from(values, (v) => v.valueOf()));
// a boolean must not be null""",
    "date": """\
const nanoseconds = (v) => (v === null ? -(2n ** 63n) : BigInt(Date.parse(v + "Z")) * 1000000n);
const date = (values) => tensor("int64", BigInt64Array.from(values, nanoseconds));""",
}


@dataclass(frozen=True)
class SnippetRow:
    """One row of raw values by column: None, str, bool, int, float, or a date as ISO text."""

    inputs: tuple[Input, ...]
    values: tuple[Any, ...]

    @classmethod
    def first(cls, inputs: Iterable[Input], frame: pd.DataFrame) -> SnippetRow:
        """The first row of a table."""
        columns = tuple(inputs)
        return cls(
            columns, tuple(_plain(column, frame[column.name].iloc[:1]) for column in columns)
        )

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that there are, in the order in which they come."""
        return tuple(dict.fromkeys(column.kind for column in self.inputs))

    def scorer(self) -> str:
        lines = [
            f"        {python_literal(name)}: {python_literal(value)},"
            for name, value in self._pairs()
        ]
        return SCORER.format(row="\n".join(lines))

    def onnxruntime(self) -> str:
        lines = [
            f"    {python_literal(c.name)}: {c.kind}([{python_literal(v)}]),"
            for c, v in self._cells()
        ]
        builders = "\n\n".join(PYTHON_BUILDERS[kind] for kind in self.kinds)
        return ONNXRUNTIME.format(builders=builders, row="\n".join(lines))

    def node(self, *, integers: bool) -> str:
        """For Node.js; `integers` says whether labels are int64, which are BigInt there."""
        lines = [f"  {_key(c.name)}: {c.kind}([{json_literal(v)}])," for c, v in self._cells()]
        builders = "\n".join(NODE_BUILDERS[kind] for kind in self.kinds)
        numbers = ", Number" if integers else ""
        return NODE.format(builders=builders, row="\n".join(lines), numbers=numbers)

    def pyfunc(self, model: str) -> str:
        lines = [
            f"        {python_literal(name)}: [{python_literal(value)}],"
            for name, value in self._pairs()
        ]
        return PYFUNC.format(model=python_literal(model), row="\n".join(lines))

    def curl(self, url: str) -> str:
        cells = ",\n".join(
            f"    {json_literal(name)}: {json_literal(value)}" for name, value in self._pairs()
        )
        body = f'{{"dataframe_records": [\n  {{\n{cells}\n  }}\n]}}'
        return f"curl {url} -H 'Content-Type: application/json' -d {shlex.quote(body)}"

    def _cells(self) -> Iterable[tuple[Input, Any]]:
        return zip(self.inputs, self.values, strict=True)

    def _pairs(self) -> Iterable[tuple[str, Any]]:
        return ((column.name, value) for column, value in self._cells())


def python_literal(value: Any) -> str:
    """A Python literal that shows no unprintable character; text in double quotes."""
    if not isinstance(value, str):
        return repr(value)
    quoted = json.dumps(value, ensure_ascii=False)
    return quoted if quoted.isprintable() else repr(value)


def json_literal(value: Any) -> str:
    """A literal of JSON, and so of JavaScript, that shows no unprintable character."""
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in quoted)


def _key(name: str) -> str:
    # the one name that an object literal takes for something else than a property
    return f"[{json_literal(name)}]" if name == "__proto__" else json_literal(name)


def _plain(column: Input, values: pd.Series[Any]) -> Any:
    value = values.iloc[0]
    if values.isna().iloc[0]:
        return None
    if column.kind == "date":
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
