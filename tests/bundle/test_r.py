"""The bundle for R: data frames as R has them, in any locale."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bundle.model_files import read_source
from pipeline.bundle.r import render_r_files
from pipeline.bundle.write import write_bundle
from pipeline.export.feed_contract import describe_feed
from pipeline.manifest.columns import Cells, Input
from tests.bundle import proven
from tests.bundle.languages import R


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("r")
    return R.build(base / "bundle", read_source(proven.regression(base / "onnx")))


def test_a_row_is_written_as_r_reads_it(tmp_path: Path) -> None:
    source = read_source(proven.regression(tmp_path))
    names = ("a `b`", "\\", "d", "b")
    kinds = ("number", "text", "date", "boolean")
    inputs = tuple(
        Input(name, kind, Cells())  # type: ignore[arg-type]
        for name, kind in zip(names, kinds, strict=True)
    )
    golden = {**json.loads(source.golden), "kinds": ["table"]}
    golden["inputs"] = dict(zip(names, ([1.5], ['"\\ü'], [None], [True]), strict=True))
    manifest = replace(source.manifest, inputs=inputs, feed=describe_feed(inputs))
    changed = replace(source, manifest=manifest, golden=json.dumps(golden))
    code = render_r_files(changed)["README.md"]
    assert (
        '  `a \\`b\\`` = 1.5,\n  `\\\\` = "\\"\\\\ü",\n  `d` = NA_character_,\n  `b` = TRUE\n'
        in code
    )


@pytest.mark.long
@pytest.mark.parametrize("kind", proven.KINDS)
def test_the_locale_changes_nothing(built: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "bundle"
    write_bundle(read_source(proven.KINDS[kind](tmp_path / "onnx")), "r", folder)
    (folder / "rscore.so").symlink_to(built / "rscore.so")
    found = replace(R, variables={**R.variables, "LC_ALL": "C"}).verify(folder)
    assert found["cells"]["wrong"] == []
    assert found["cells"]["count"] > 100
    assert found["rows"]["flips"] == 0


FRAMES = r"""
source("scorer.R")
scorer <- open_scorer()
plain <- data.frame(check.names = FALSE, stringsAsFactors = FALSE,
  `body mass [kg]` = c("70.5", NA, "12"), smoker = c("yes", NA, "\u00fc"),
  member = c("true", "0", "1"), joined = c("2021-03-04", "1969-12-31T23:59:59.5", NA))
typed <- data.frame(check.names = FALSE,
  `body mass [kg]` = c(70.5, NA, 12L), smoker = factor(c("yes", NA, "\u00fc")),
  member = c(TRUE, FALSE, TRUE), joined = as.POSIXct(c("2021-03-04", NA, NA), tz = "UTC"))
typed$joined[2] <- as.POSIXct(-0.5, origin = "1970-01-01", tz = "America/New_York")
stopifnot(identical(predict(scorer, plain), predict(scorer, typed)))
typed$joined <- as.POSIXlt(typed$joined)
stopifnot(identical(predict(scorer, plain), predict(scorer, typed)))
days <- typed[c(1, 3), ]
days$joined <- as.Date(c("2021-03-04", NA))
days <- days[, rev(names(days))]
stopifnot(identical(predict(scorer, plain[c(1, 3), ])$label, predict(scorer, days)$label))
stopifnot(nrow(predict(scorer, plain[0, ])) == 0)
refusal <- function(rows) tryCatch(predict(scorer, rows), error = conditionMessage)
typed$member[3] <- NA
cat(refusal(typed), "\n")
cat(refusal(plain[, -1]), "\n")
cat(refusal(cbind(plain, more = 1)), "\n")
plain$joined <- as.difftime(1:3, units = "hours")
cat(refusal(plain), "\n")
"""


@pytest.mark.long
def test_data_frames_are_read_as_r_people_have_them(built: Path) -> None:
    (built / "frames.R").write_text(FRAMES, encoding="utf-8")
    missing, gone, more, unknown = R.shell(built, "Rscript frames.R").splitlines()
    assert missing.startswith('row 3, column "member": got "NA", expected true or false')
    assert 'the column "body mass [kg]" is missing' in gone
    assert 'the column "more"' in more
    assert 'column "joined": got difftime' in unknown


@pytest.mark.long
@settings(max_examples=3, deadline=None)
@given(values=st.lists(st.floats(-1e30, 1e30), min_size=300, max_size=300))
def test_numbers_are_read_and_written_as_python_does(built: Path, values: list[float]) -> None:
    fractions = [value for value in values if not value.is_integer()]
    (built / "numbers.txt").write_text("\n".join(map(repr, fractions)), encoding="ascii")
    code = (
        'source("scorer.R"); scorer <- open_scorer(); texts <- readLines("numbers.txt"); '
        'cat(.Call("rs_shortest", .Call("rs_numbers", texts)), sep = "\\n")'
    )
    found = R.shell(built, f"Rscript -e '{code}'").split()
    assert list(map(Decimal, found)) == [Decimal(repr(value)) for value in fractions]
