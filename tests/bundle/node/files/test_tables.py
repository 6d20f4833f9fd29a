"""What people have becomes rows without a cell being lost: CSV, and frames of three libraries."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.write import write_bundle
from tests.bundle import proven
from tests.bundle.node.files.packages import install_packages
from tests.bundle.test_node import node

NAMES = tuple(proven.ROWS)
PROGRAMS = Path(__file__).with_name("programs")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle for Node.js."""
    base = tmp_path_factory.mktemp("tables")
    write_bundle(read_source(proven.regression(base / "onnx")), "node", base / "out")
    return base / "out"


@pytest.fixture(scope="module")
def packages(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same bundle, with the libraries beside it."""
    installed = install_packages(tmp_path_factory.mktemp("packages"))
    (folder / "node_modules").symlink_to(installed)
    return folder


def run(folder: Path, program: str, *arguments: str) -> Any:
    """What a program of `programs` prints last."""
    for name in ("cases.mjs", program):
        shutil.copy(PROGRAMS / name, folder)
    return json.loads(node(folder, program, *arguments).splitlines()[-1])


def read_csv(folder: Path, content: bytes, options: dict[str, Any]) -> Any:
    """Rows of CSV, or what is said instead."""
    given = {"content": base64.b64encode(content).decode(), "options": options}
    return run(folder, "csv_rows.mjs", json.dumps(given))


def count_cases(folder: Path, *kinds: type) -> int:
    columns = json.loads((folder / "feed_cases.json").read_text(encoding="utf-8"))["columns"]
    cells = [cell for column in columns for cell, _ in column["cases"]]
    return sum(not kinds or isinstance(cell, kinds) for cell in cells)


def test_every_case_of_text_is_the_same_out_of_a_csv_file(folder: Path) -> None:
    count = count_cases(folder, str, type(None))
    assert run(folder, "csv_cases.mjs") == {"count": count, "wrong": []}


HEADER = ",".join(NAMES)
ROW = dict(zip(NAMES, ("007", "ü,\n🙂", "true", "2021-03-04"), strict=True))
LINE = '007,"ü,\n🙂",true,2021-03-04'


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (f"{HEADER}\n{LINE}\n", {}),
        (f"\ufeff{HEADER}\r\n{LINE}\r\n\r\n", {}),
        (f"{HEADER},price\n{LINE},1\n", {}),  # the target
        (f"{HEADER},note\n{LINE},1\n", {"ignoreSurplus": True}),
        (f"{HEADER}\n{LINE}\n".replace("smoker", "raucht"), {"columns": {"raucht": "smoker"}}),
        (f"{HEADER}\n{LINE}\n".replace(",", ";").replace("ü;", "ü,"), {}),
    ],
)
def test_a_file_is_read_as_it_is_written(folder: Path, text: str, options: dict[str, Any]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content = text.replace("price", manifest["target"]).encode()
    assert read_csv(folder, content, options) == [ROW]


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (f"{HEADER}\n1,2,3\n".encode(), {}, "row 1 (line 2): got 3 fields"),
        (f'{HEADER}\n1,"2,3,4\n'.encode(), {}, "never closed"),
        (b"", {}, "empty"),
        (f"{HEADER},note\n{LINE},1\n".encode(), {}, '"note"'),
        (f"{HEADER},smoker\n{LINE},1\n".encode(), {}, "more than once"),
        (HEADER.replace("smoker", "smoke").encode(), {}, 'lacks the columns "smoker"'),
        (HEADER.encode(), {"columns": {"raucht": "smoker"}}, '"raucht"'),
        (HEADER.encode(), {"columns": {"member": "smoker"}}, "more than once"),
        (f"{HEADER}\n{LINE}\n".encode("utf-16"), {}, "not UTF-8"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    folder: Path, content: bytes, options: dict[str, Any], said: str
) -> None:
    assert said in read_csv(folder, content, options)


def test_what_is_no_frame_is_refused(folder: Path) -> None:
    for said in run(folder, "no_frames.mjs"):
        assert "expected a data frame" in said


def test_dates_beyond_nanoseconds_are_missing_and_no_others(folder: Path) -> None:
    missing = str(-(2**63))
    first = str(np.datetime64("2021-03-04T05:06:07.089", "ns").astype(int))
    assert run(folder, "dates.mjs") == [first, missing, missing, missing, "CellError"]


@pytest.mark.long
def test_every_case_is_the_same_out_of_a_frame(packages: Path) -> None:
    whole = {"count": count_cases(packages), "wrong": []}
    found = run(packages, "frame_cases.mjs")
    assert found == {"nodejs-polars": whole, "arquero": whole, "danfojs": whole}


@pytest.mark.long
def test_digits_that_polars_loses_are_kept(packages: Path) -> None:
    assert run(packages, "polars_types.mjs") == {
        "dtypes": ["Datetime", "Int64"],
        "dates": ["2020-01-02T03:04:05.123456000", "1969-12-31T23:59:59.999999000", None],
        "codes": ["9007199254740993", "-1", "null"],
        "isNeverText": [True, True, True],
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("first", "forced", "kind"),
    [
        ("1", "abc", "text"),
        ("1", "abc", "number"),
        ("1", "9007199254740993", "text"),
        ("true", "yes", "text"),
        ("2020-01-01", "tomorrow", "date"),
    ],
)
def test_what_arquero_has_forced_is_refused_and_read_as_text_is_right(
    packages: Path, first: str, forced: str, kind: str
) -> None:
    found = run(packages, "arquero_forced.mjs", first, forced, kind)
    assert "autoType: false" in found.pop("said")
    assert found == {"first": first, "last": forced}


@pytest.mark.long
def test_rows_are_in_the_order_of_a_table_and_cells_as_they_are(packages: Path) -> None:
    assert run(packages, "order.mjs") == {
        "sorted": [1, 3],
        "dtype": "int32",
        "last": [1.5, "x", None, None],
    }
