"""A request to a served model is held within limits, and no answer shows the server's inside."""

from __future__ import annotations

import io
import json
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.models import Model, infer_signature
from mlflow.pyfunc import scoring_server

from pipeline.errors import ConfigError
from pipeline.export import mlflow_flavor
from pipeline.runtime.scorer import Scorer
from pipeline.runtime.table_columns import get_columns
from pipeline.serving import limits
from tests import small_models, tracked
from tests.data.tables import misstated
from tests.serving.asgi import ask
from tests.serving.http import FORMS, post

ROWS = 5


COLUMNS = 7


BYTES = 4000


PARQUET = "application/vnd.apache.parquet"


FRAME = tracked.frame(ROWS)


CELLS = json.loads(FRAME.to_json(orient="records", date_format="iso", date_unit="s"))


INSIDE = re.compile(
    r"Traceback|stack_trace|site-packages|File \\?\"|\.py\b|/tmp|/home|/usr|onnxruntime_src"
)
"""What no answer may say: stack traces and paths."""


LARGE = pytest.mark.attack(
    "requests beyond the limits: rows, bytes, chunks, packed and folded rows, columns, lists",
    "413, and the server goes on",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("limits")
    (folder / "graph.onnx").write_bytes(small_models.regression())
    mlflow_flavor.save_model(str(folder / "model"), Model(), folder / "graph.onnx")
    return folder / "model"


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(limits.MAX_ROWS, str(ROWS))
        patch.setenv(limits.MAX_BYTES, str(BYTES))
        patch.setenv(limits.MAX_COLUMNS, str(COLUMNS))
        yield scoring_server.init(mlflow.pyfunc.load_model(str(folder)))


def csv(rows: int) -> bytes:
    return body_of("csv", (CELLS * 2)[:rows])[0]


def parquet(rows: int) -> bytes:
    return body_of("parquet", (CELLS * 2)[:rows])[0]


def written(form: str, rows: int) -> tuple[bytes, str]:
    """A body of so many rows, and its content type."""
    return body_of(form, (CELLS * 2)[:rows])


def body_of(form: str, rows: list[dict[str, Any]]) -> tuple[bytes, str]:
    """The body of these rows, and its content type."""
    if form == "csv":
        return pd.DataFrame(rows).to_csv(index=False).encode(), "text/csv"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), sink := io.BytesIO())
        return sink.getvalue(), PARQUET
    return json.dumps(FORMS[form](rows)).encode(), "application/json"


@LARGE
@pytest.mark.parametrize("form", [*FORMS, "csv", "parquet"])
def test_as_many_rows_as_allowed_are_answered_and_one_more_is_refused(app: Any, form: str) -> None:
    expected = Scorer(small_models.regression()).score_frame(FRAME)["prediction_label"].tolist()
    assert ask(app, *written(form, ROWS)).labels == expected
    refused = ask(app, *written(form, ROWS + 1))
    assert refused.status == 413
    assert re.search(r"has (more than 5|6) rows.* takes 5\b.*" + limits.MAX_ROWS, refused.message)


@LARGE
def test_a_body_beyond_the_limit_is_dropped_or_not_even_asked_for(app: Any) -> None:
    large = b" " * (BYTES + 1)
    refused = ask(app, large)
    assert refused.status == 413
    assert re.search(rf"{BYTES + 1} bytes.* {BYTES}\b.*" + limits.MAX_BYTES, refused.message)
    unasked = ask(app, large, more=[(b"expect", b"100-continue")])
    assert (unasked.status, unasked.pieces) == (413, 0)
    body = written("dataframe_records", 1)[0]
    assert ask(app, body + b" " * (BYTES - len(body))).status == 200


@LARGE
def test_a_body_that_does_not_say_its_length_is_counted(app: Any) -> None:
    refused = ask(app, (b" " * 1000 for _ in range(100)))
    assert (refused.status, refused.pieces) == (413, 100)
    assert "at least 5000 bytes" in refused.message
    body = written("inputs, rows", 1)[0]
    assert ask(app, [body[:9], body[9:]]).status == 200


@LARGE
def test_parquet_counts_as_it_is_unpacked(app: Any) -> None:
    rows = [{**CELLS[0], "smoker": "y" * 10 * BYTES}]
    pq.write_table(pa.Table.from_pylist(rows), sink := io.BytesIO(), compression="zstd")
    assert len(sink.getvalue()) < BYTES
    assert ask(app, sink.getvalue(), PARQUET).status == 413


def packed(columns: dict[str, Any], **options: Any) -> bytes:
    """A few hundred bytes of Parquet, whatever the columns hold; the other inputs are missing."""
    (rows,) = {len(column) for column in columns.values()}
    nothing = dict.fromkeys(CELLS[0], pa.nulls(rows))
    options = {"write_statistics": False, "store_schema": False, **options}
    pq.write_table(
        pa.table({**nothing, **columns}), sink := io.BytesIO(), compression="zstd", **options
    )
    assert len(sink.getvalue()) < BYTES
    return sink.getvalue()


def alike(value: Any, kind: pa.DataType) -> pa.Array:
    """One value in as many rows as are allowed."""
    return pa.array([value] * ROWS, kind)


EQUAL = "x" * (BYTES // ROWS * 2)


BLOATED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one text in a dictionary": ({"smoker": alike(EQUAL, pa.string())}, {}),
    "one text in a column of categories": (
        {"smoker": alike(EQUAL, pa.string()).dictionary_encode()},
        {"store_schema": True},
    ),
    "one text of bytes": ({"smoker": alike(EQUAL.encode(), pa.binary())}, {}),
    "one large text": ({"smoker": alike(EQUAL, pa.large_string())}, {"store_schema": True}),
    "one value of a fixed width": (
        {"smoker": alike(EQUAL.encode(), pa.binary(len(EQUAL)))},
        {},
    ),
    "missing values of a fixed width": ({"smoker": alike(None, pa.binary(BYTES))}, {}),
}


@LARGE
@pytest.mark.parametrize(("columns", "options"), BLOATED.values(), ids=BLOATED)
def test_equal_cells_of_parquet_count_one_by_one(
    app: Any, columns: dict[str, Any], options: dict[str, Any]
) -> None:
    refused = ask(app, packed(columns, **options), PARQUET)
    assert refused.status == 413, refused.body
    assert limits.MAX_BYTES in refused.message


@LARGE
def test_a_footer_that_says_less_than_the_pages_is_not_believed(app: Any) -> None:
    content = packed({"smoker": pa.array(["y" * 10_000_000])}, use_dictionary=False)
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    group = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0)
    place = group.num_columns - 1 - [*reversed(FRAME.columns)].index("smoker")
    said = varint(group.column(place).total_uncompressed_size)
    changed = content[start:].replace(said, bytes([*(128 for _ in said[1:]), 0]))
    assert changed != content[start:]
    refused = ask(app, content[:start] + changed, PARQUET)
    assert (refused.status, limits.MAX_BYTES in refused.message) == (413, True)


def varint(number: int) -> bytes:
    """A whole number above zero as Thrift writes it."""
    digits = [(2 * number) >> shift & 127 for shift in range(0, (2 * number).bit_length(), 7)]
    return bytes([*(digit | 128 for digit in digits[:-1]), digits[-1]])


@pytest.mark.parametrize("form", ["list", "struct", "twins"])
def test_a_row_of_parquet_has_one_value_in_a_column(app: Any, form: str) -> None:
    cells = {"list": [[1.5] * 9] * 2, "struct": [{"a": 1.5}] * 2, "twins": [1.5] * 2}[form]
    names = [*CELLS[0], "smoker"] if form == "twins" else [*CELLS[0]]
    table = pa.table([pa.array(cells)] * len(names), names=names)
    pq.write_table(table, sink := io.BytesIO())
    refused = ask(app, sink.getvalue(), PARQUET)
    assert refused.status == 400, refused.body
    assert ("more than once" if form == "twins" else "one value in each row") in refused.message


SURPLUS = {
    "nulls in a list": pa.array([[None] * 1_000_000], pa.list_(pa.int8())),
    "text": pa.array(["x" * 100 * BYTES]),
    "a part of another name": pa.array([{"x": "x" * 100 * BYTES}]),
}


@pytest.mark.parametrize("cells", SURPLUS.values(), ids=SURPLUS)
def test_no_column_that_the_model_does_not_take_is_unpacked(
    app: Any, monkeypatch: pytest.MonkeyPatch, cells: pa.Array
) -> None:
    read = pq.ParquetFile.read
    taken: list[int] = []

    def counted(*args: Any, **options: Any) -> Any:
        table = read(*args, **options)
        taken.append(table.nbytes)
        return table

    monkeypatch.setattr(pq.ParquetFile, "read", counted)
    table = pa.Table.from_pylist(CELLS[:1]).append_column("surplus", cells)
    pq.write_table(table, sink := io.BytesIO(), compression="zstd")
    assert len(sink.getvalue()) < BYTES
    assert ask(app, sink.getvalue(), PARQUET).labels == ask(app, *written("instances", 1)).labels
    assert taken and max(taken) < BYTES


def test_text_of_parquet_in_any_form_scores_as_plain_text(app: Any) -> None:
    expected = ask(app, *written("instances", ROWS)).labels
    table = pa.Table.from_pylist(CELLS)
    place = table.column_names.index("smoker")
    plain = table["smoker"].combine_chunks()
    views = plain.cast(pa.string_view())
    for cells in (plain, plain.dictionary_encode(), plain.cast(pa.large_string()), views):
        pq.write_table(table.set_column(place, "smoker", cells), sink := io.BytesIO())
        assert ask(app, sink.getvalue(), PARQUET).labels == expected
    column = {"smoker": "DELTA_BYTE_ARRAY"}
    pq.write_table(table, sink := io.BytesIO(), use_dictionary=False, column_encoding=column)
    assert "PLAIN or a dictionary" in ask(app, sink.getvalue(), PARQUET).message


def test_a_column_that_parquet_lacks_is_named(app: Any) -> None:
    table = pa.Table.from_pylist(CELLS).rename_columns(["smokr", *[*CELLS[0]][1:]])
    pq.write_table(table, sink := io.BytesIO())
    refused = ask(app, sink.getvalue(), PARQUET)
    assert (refused.status, "smokr" in refused.message) == (400, True)


def test_memory_is_given_back_after_parquet(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[None] = []
    loaded = [m for name, m in sys.modules.items() if re.match(r"pipeline_.*\.answers", name)]
    for answers in loaded:  # that of `app`, and those of other tests in this process
        monkeypatch.setattr(answers, "give_back", lambda: given.append(None))
    assert ask(app, *written("instances", 1)).status == 200
    assert not given
    assert ask(app, *written("parquet", 1)).status == 200
    assert given


@LARGE
def test_rows_folded_into_the_cells_of_one_row_are_counted(app: Any) -> None:
    folded = {name: [row[name] for row in CELLS * 2] for name in CELLS[0]}
    body = {"dataframe_split": {"columns": list(folded), "data": [list(folded.values())]}}
    assert ask(app, json.dumps(body).encode()).status == 413


@LARGE
@pytest.mark.parametrize("form", [*FORMS, "csv", "parquet"])
def test_as_many_columns_as_allowed_are_answered_and_one_more_is_refused(
    app: Any, form: str
) -> None:
    expected = Scorer(small_models.regression()).score_frame(FRAME[:2])["prediction_label"]
    surplus = [f"c{k}" for k in range(COLUMNS + 1 - len(CELLS[0]))]
    rows = [{**row, **dict.fromkeys(surplus, 1)} for row in CELLS[:2]]
    fewer = [{name: row[name] for name in row if name != surplus[0]} for row in rows]
    assert ask(app, *body_of(form, fewer)).labels == expected.tolist()
    refused = ask(app, *body_of(form, rows))
    assert refused.status == 413
    said = rf"has {COLUMNS + 1} columns.* takes {COLUMNS}\b.*{limits.MAX_COLUMNS}"
    assert re.search(said, refused.message)


def test_rows_that_each_have_a_name_of_their_own_are_columns_too(app: Any) -> None:
    rows = [{**CELLS[1], f"a{k}": 1} for k in range(3)]
    answer = ask(app, json.dumps({"instances": rows}).encode())
    assert answer.labels == ask(app, *body_of("instances", CELLS[1:2] * 3)).labels
    taken = get_columns(rows, {"smoker", "a0"})
    assert list(taken) == list(get_columns(rows))
    assert {name for name in taken if taken[name] is not None} == {"smoker", "a0"}


def test_a_column_of_the_model_that_is_there_twice_is_refused(app: Any) -> None:
    split = FORMS["dataframe_split"](CELLS)["dataframe_split"]
    twice = {"columns": [*split["columns"], "smoker"], "data": [[*row, 1] for row in split["data"]]}
    refused = ask(app, json.dumps({"dataframe_split": twice}).encode())
    assert (refused.status, "more than once: ['smoker']" in refused.message) == (400, True)


LISTS = limits.OTHER_LISTS + ROWS * (len(Scorer(small_models.regression()).manifest.inputs) + 1)
"""As many lists and objects as a request may have."""


@LARGE
@pytest.mark.parametrize("item", ["[]", "{}", "[[]]", "[{}]"])
def test_more_lists_than_rows_and_cells_are_refused_before_they_are_decoded(
    app: Any, item: str
) -> None:
    body = f'{{"instances": [{f"{item}," * LISTS}'[:BYTES]  # no JSON, which nobody gets to see
    refused = ask(app, body.encode())
    assert refused.status == 413
    assert f"takes {LISTS}" in refused.message


def test_brackets_in_text_are_text(app: Any) -> None:
    row = {**ROW, "smoker": '[{\\"' * (LISTS // 2)}
    expected = Scorer(small_models.regression()).predict([row])["prediction_label"].tolist()
    body = json.dumps({"dataframe_records": [row]}).encode()
    assert body.count(b"[") + body.count(b"{") > LISTS
    assert ask(app, body).labels == expected


def lists_in(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(lists_in, value.values()))
    return 1 + sum(map(lists_in, value)) if isinstance(value, list) else 0


TEXT = st.text('[{"\\:,é')


@given(
    st.recursive(TEXT | st.none(), lambda v: st.lists(v) | st.dictionaries(TEXT, v), max_leaves=9),
    st.booleans(),
)
def test_lists_and_objects_are_counted_as_a_decoder_finds_them(value: Any, ascii_: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_).encode()
    assert limits._outside_of_strings(body) == lists_in(json.loads(body))


ROW = CELLS[0]


WRONG: dict[str, tuple[bytes, str | None, int]] = {
    "no JSON": (b'{"inputs": [', "application/json", 400),
    "nothing": (b"", "application/json", 400),
    "no UTF-8": (b'{"inputs": "\xff"}', "application/json", 400),
    "a number of digits without end": (
        b'{"inputs": ' + b"9" * 3900 + b"}",
        "application/json",
        400,
    ),
    "nested": (b"[" * LISTS, "application/json", 400),
    "a list": (b"[]", "application/json", 400),
    "another key": (json.dumps({"rows": CELLS}).encode(), "application/json", 400),
    "a chat": (json.dumps({"messages": [], **ROW}).encode(), "application/json", 400),
    "two forms": (b'{"inputs": [], "instances": []}', "application/json", 400),
    "no table": (b'{"inputs": 7}', "application/json", 400),
    "rows of numbers": (b'{"instances": [1, 2]}', "application/json", 400),
    "split without data": (b'{"dataframe_split": {"columns": []}}', "application/json", 400),
    "split of odd rows": (
        b'{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}',
        "application/json",
        400,
    ),
    "split of a short row": (
        json.dumps(
            {"dataframe_split": {"columns": [*ROW], "data": [[*ROW.values()], [1.5, "no", True]]}}
        ).encode(),
        "application/json",
        400,
    ),
    "split with a list for a name": (
        json.dumps(
            {"dataframe_split": {"columns": [*ROW, ["x"]], "data": [[*ROW.values(), 1]]}}
        ).encode(),
        "application/json",
        400,
    ),
    "an odd cell": (
        json.dumps({"instances": [{**ROW, "joined": {"a": "x" * 3000}}]}).encode(),
        "application/json",
        400,
    ),
    "columns of no name": (b'{"instances": [{}]}', "application/json", 400),
    "a ragged CSV": (csv(2) + b"1,2\n", "text/csv", 400),
    "an open quote": (csv(1) + b'"a', "text/csv", 400),
    "an empty CSV": (b"", "text/csv", 400),
    "a CSV of no UTF-8": (b"\xff\xfe", "text/csv", 400),
    "no Parquet": (b"PAR1 no", PARQUET, 400),
    "half a Parquet": (parquet(2)[:-200], PARQUET, 400),
    "a damaged Parquet": (parquet(2)[:60] + b"\0" * 40 + parquet(2)[100:], PARQUET, 400),
    "a Parquet of two opinions": (misstated(pa.Table.from_pylist(CELLS), 3), PARQUET, 400),
    "a Parquet of a short column": (
        misstated(pa.Table.from_pylist(CELLS), 0, column=1),
        PARQUET,
        400,
    ),
    "no content type": (b"{}", None, 415),
    "another content type": (b"<a/>", "application/xml", 415),
    "another charset": (b"{}", "application/json; charset=latin-1", 415),
    "another content parameter": (b"{}", "application/json; q=1", 415),
}


@pytest.mark.attack(
    "requests that are no table, of every kind", "400 or 415, no stack trace, no path of the server"
)
@pytest.mark.parametrize(("body", "kind", "status"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_shortly_and_without_the_inside(
    app: Any, body: bytes, kind: str | None, status: int
) -> None:
    answer = ask(app, body, kind)
    assert answer.status == status, answer.body
    assert not INSIDE.search(answer.body.decode())
    assert 20 < len(answer.body) < 3000


@pytest.mark.parametrize("params", [{"depth": 3}, [1], "x", 7])
def test_parameters_that_no_model_has_change_nothing_or_are_refused(app: Any, params: Any) -> None:
    answer = ask(app, json.dumps({"instances": CELLS, "params": params}).encode())
    assert answer.status == 400 or answer.labels == ask(app, *written("instances", ROWS)).labels
    assert not INSIDE.search(answer.body.decode())


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_bytes_of_any_kind_get_an_answer_without_the_inside(app: Any, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from([*FORMS, "csv", "parquet"]))
    content, kind = written(form, 2)
    at = data.draw(st.integers(0, len(content) - 1))
    cut = data.draw(st.integers(0, 40))
    answer = ask(app, content[:at] + data.draw(st.binary(max_size=20)) + content[at + cut :], kind)
    assert answer.status in {200, 400, 413}, answer.body
    assert not INSIDE.search(answer.body.decode())


def test_parquet_with_a_flipped_bit_in_a_page_is_refused(app: Any) -> None:
    rows = pa.Table.from_pylist(CELLS)
    options = {"write_page_checksum": True, "compression": "none", "use_dictionary": False}
    pq.write_table(rows, sink := io.BytesIO(), **options)
    content, cell = bytearray(sink.getvalue()), FRAME["body mass [kg]"].iloc[2]  # in no statistics
    content[content.index(struct.pack("<d", cell))] ^= 1
    assert ask(app, bytes(content), PARQUET).status == 400


def test_a_failure_of_the_server_is_logged_and_not_told(
    app: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("/srv/models/secret.onnx is broken")

    import onnxruntime

    monkeypatch.setattr(onnxruntime.InferenceSession, "run", fail)
    answer = ask(app, *written("instances", 1))
    assert answer.status == 500
    assert not re.search(r"secret|Traceback|stack_trace", answer.body.decode())
    (name,) = re.findall(r"under (\w+)", answer.message)
    assert name in caplog.text
    assert "secret.onnx" in caplog.text


def test_another_model_in_the_process_has_no_limits_and_mlflows_own_errors(
    app: Any, tmp_path: Path
) -> None:
    class Doubling(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, context, model_input):  # type: ignore[no-untyped-def]
            if model_input["x"].iloc[0] < 0:
                raise ValueError("negative")
            return model_input["x"] * 2

    signature = infer_signature(pd.DataFrame({"x": [1.0]}), pd.Series([2.0]))
    mlflow.pyfunc.save_model(
        str(tmp_path / "m"), python_model=Doubling(), signature=signature, pip_requirements=[]
    )
    other = scoring_server.init(mlflow.pyfunc.load_model(str(tmp_path / "m")))
    many = [float(k) for k in range(ROWS * 1000)]
    answer = ask(other, json.dumps({"inputs": {"x": many}}).encode())
    assert (answer.status, len(json.loads(answer.body)["predictions"])) == (200, len(many))
    failed = ask(other, b'{"inputs": {"x": [-1.0]}}')
    assert "negative" in json.loads(failed.body)["stack_trace"]
    assert ask(app, *written("instances", ROWS + 1)).status == 413


@pytest.mark.parametrize("text", ["0", "-1", "many", "1e6", "9" * 5000])
def test_a_limit_that_is_none_keeps_the_server_from_starting(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(limits.MAX_BYTES, text)
    with pytest.raises(ConfigError, match=limits.MAX_BYTES):
        limits.Limits.from_environment()
    with pytest.raises(Exception, match=limits.MAX_BYTES):
        mlflow.pyfunc.load_model(str(folder))


@LARGE
@pytest.mark.long
def test_the_command_refuses_what_is_too_large_and_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(limits.MAX_ROWS, str(ROWS))
    monkeypatch.setenv(limits.MAX_BYTES, str(BYTES))
    address = f"127.0.0.1:{(port := tracked.free_port())}"
    command = ["mlflow", "models", "serve", "-m", str(folder), "--env-manager", "local"]
    with tracked.server([*command, "-h", "127.0.0.1", "-p", str(port)], f"http://{address}/health"):
        url = f"http://{address}/invocations"
        status, answer = post(url, b" " * 50_000_000)
        assert (status, limits.MAX_BYTES in answer["message"]) == (413, True)
        assert post(url, {"instances": CELLS * 2})[0] == 413
        assert post(url, {"instances": CELLS})[0] == 200
