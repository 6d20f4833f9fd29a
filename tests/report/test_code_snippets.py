"""Names and values of any kind come back whole out of the code that the report prints."""

from __future__ import annotations

import ast
import json
import shlex
import shutil
import subprocess
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.manifest.columns import Input, Kind
from pipeline.report import code_snippets
from pipeline.report.code_snippets import SnippetRow
from tests.commands import needed

HOSTILE = (
    "__proto__",
    "constructor",
    "'; rm -rf / #",
    '"); process.exit(1); ("',
    "$(id) `id` ${id} !!",
    "{{ 7 * 7 }} {0} %s {",
    "\\",
    "\\u0041 \\x41 \\n",
    "line\nbreak\r\ttab\0nul",
    "</pre><script>alert(1)</script>",
    "\u202egnp.exe\u2066",
    "\u2028\u2029\x7f\x85\xa0\ufeff",
    "ü 日本 😀 \U000e0041",
    "-d @/etc/passwd",
    "",
)
WORDS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20))
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
CELLS: dict[Kind, Any] = {
    "number": st.one_of(st.none(), NUMBERS),
    "text": st.one_of(st.none(), WORDS),
    "boolean": st.booleans(),
    "date": st.one_of(st.none(), st.datetimes().map(lambda moment: moment.isoformat())),
}


@st.composite
def rows(draw: st.DrawFn) -> SnippetRow:
    """A row of one to six columns of any kind and name."""
    names = draw(st.lists(WORDS, min_size=1, max_size=6, unique=True))
    inputs = tuple(Input(name, draw(st.sampled_from(list(CELLS)))) for name in names)
    return SnippetRow(inputs, tuple(draw(CELLS[column.kind]) for column in inputs))


def record(row: SnippetRow) -> dict[str, Any]:
    return dict(zip((column.name for column in row.inputs), row.values, strict=True))


def dictionary(code: str) -> dict[str, Any]:
    """The one literal dictionary of some Python, calls such as `number([1])` as their argument."""
    (found,) = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Dict))
    arguments = [v.args[0] if isinstance(v, ast.Call) else v for v in found.values]
    keys = [ast.literal_eval(key) for key in found.keys if key is not None]
    return dict(zip(keys, map(ast.literal_eval, arguments), strict=True))


@settings(max_examples=50, deadline=None)
@given(rows())
def test_python_holds_every_name_and_value(row: SnippetRow) -> None:
    assert dictionary(row.scorer()) == record(row)
    listed = {name: [value] for name, value in record(row).items()}
    assert dictionary(row.onnxruntime()) == listed
    assert dictionary(row.pyfunc("models:/a@b")) == listed


@settings(max_examples=50, deadline=None)
@given(rows())
def test_a_shell_hands_json_with_every_name_and_value_to_curl(row: SnippetRow) -> None:
    program, url, *options = shlex.split(row.curl("http://127.0.0.1:1/x"))
    assert (program, url, options[::2]) == ("curl", "http://127.0.0.1:1/x", ["-H", "-d"])
    assert json.loads(options[-1]) == {"dataframe_records": [record(row)]}


@settings(max_examples=50, deadline=None)
@given(rows())
def test_nothing_is_printed_that_cannot_be_seen(row: SnippetRow) -> None:
    made = (
        row.scorer(),
        row.onnxruntime(),
        row.pyfunc("m"),
        row.node(integers=True),
        row.curl("u"),
    )
    for code in made:
        assert code.replace("\n", "").isprintable()


def test_bash_reads_the_command_as_python_does() -> None:
    row = SnippetRow(tuple(Input(name, "text") for name in HOSTILE), HOSTILE)
    command = row.curl("u").replace("curl", "printf '%s\\0'", 1)
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    assert json.loads(done.stdout.split(b"\0")[-2]) == {"dataframe_records": [record(row)]}


NODE_WATCH = """
const seen = JSON.stringify(Object.entries(feeds).map(([name, { type, data, dims }]) =>
  [name, type, Array.from(data, (v) => (typeof v === "bigint" ? String(v) : v)), dims]));
console.log(seen);
"""
STAND_IN = "const ort = { Tensor: class { constructor(type, data, dims) {\n\
  Object.assign(this, { type, data, dims }); } } };"


def test_node_holds_every_name_and_value() -> None:
    needed(shutil.which("node"), "Node.js")
    cells = [(Input(name, "text"), name) for name in HOSTILE]
    cells += [(Input("no text", "text"), None), (Input("no number", "number"), None)]
    cells += [(Input("half", "number"), 0.5), (Input("large", "number"), 10**30)]
    cells += [(Input("yes", "boolean"), True), (Input("no", "boolean"), False)]
    cells += [(Input("day", "date"), "1969-12-31T23:59:59.999"), (Input("no day", "date"), None)]
    inputs, values = zip(*cells, strict=True)
    code = SnippetRow(inputs, values).node(integers=False).partition("async function main")[0]
    code = code.replace('const ort = require("onnxruntime-node");', STAND_IN)
    done = subprocess.run(
        ["node", "-e", code + NODE_WATCH], capture_output=True, text=True, check=True
    )
    found = {name: (kind, data) for name, kind, data, dims in json.loads(done.stdout) if dims}
    types = {"number": "float64", "text": "string", "boolean": "bool", "date": "int64"}
    assert {name: kind for name, (kind, _) in found.items()} == {
        column.name: types[column.kind] for column in inputs
    }
    texts = {name: data for name, (kind, data) in found.items() if kind == "string"}
    assert texts == {**{name: [name] for name in HOSTILE}, "no text": [""]}
    assert found["no number"][1] == [None]  # JSON has no NaN
    assert (found["half"][1], found["large"][1]) == ([0.5], [1e30])
    assert (found["yes"][1], found["no"][1]) == ([1], [0])
    days = pd.Series(["1969-12-31T23:59:59.999", None], dtype="datetime64[ns]").astype("int64")
    assert [found["day"][1], found["no day"][1]] == [[str(day)] for day in days]


def test_tensors_by_hand_are_those_of_the_scorer() -> None:
    import numpy as np

    from pipeline.runtime.feeds import make_feed

    columns: dict[Kind, list[Any]] = {
        "number": [1, 2.5, None, float("nan"), -0.0, 10**30],
        "text": ["a", None, float("nan"), "", "ü"],
        "boolean": [True, False, np.True_],
        "date": ["2020-01-02", "1969-12-31T23:59:59.999999999", None, np.datetime64("2020-01-02")],
    }
    for kind, values in columns.items():
        space: dict[str, Any] = {"np": np}
        exec(code_snippets.PYTHON_BUILDERS[kind], space)
        ours, found = make_feed(Input("x", kind), values), space[kind](values)
        assert (found.dtype, found.shape) == (ours.dtype, ours.shape)
        np.testing.assert_array_equal(found, ours)
    space = {"np": np}
    exec(code_snippets.PYTHON_BUILDERS["boolean"], space)
    with pytest.raises(TypeError):
        space["boolean"]([None])
