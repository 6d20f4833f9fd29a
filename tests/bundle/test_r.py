"""The bundle for R: data frames as R has them, and its README, run as it is written."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.r import TARGET, render_r_files
from pipeline.bundle.write import write_bundle
from pipeline.export.feed_contract import describe_feed
from pipeline.manifest.columns import Cells, Input
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.commands import needed, whole_run

LABELS: tuple[tuple[str, ...] | tuple[int, ...], ...] = (("no", "yes"), (0, 1, 2))
SEALED = [
    "model.onnx",
    "manifest.json",
    "golden.json",
    "golden.tsv",
    "feed_cases.tsv",
    "feeds.R",
    "model.R",
]
LOCALES = ["C", "C.UTF-8"]


def shell(folder: Path, command: str, code: int = 0, locale: str = "C.UTF-8") -> str:
    """What a command line prints, of a bare shell."""
    for tool in TARGET.tools:
        needed(shutil.which(tool.program), tool.program)
    done = subprocess.run(
        ["bash", "-ec", command],
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": locale, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def readme(folder: Path, language: str) -> str:
    (block,) = re.findall(
        rf"```{language}\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL
    )
    return str(block)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle set up and verified by the lines of its README."""
    base = tmp_path_factory.mktemp("r")
    write_bundle(read_source(proven.regression(base / "onnx")), "r", base / "bundle")
    shell(base / "bundle", readme(base / "bundle", "sh"))
    return base / "bundle"


def set_up(folder: Path, source: BundleSource, built: Path) -> Path:
    """A bundle with the libraries of the one that was set up."""
    write_bundle(source, "r", folder)
    for name in ("libonnxruntime.so", "rscore.so"):
        (folder / name).symlink_to(built / name)
    return folder


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
@pytest.mark.parametrize("locale", LOCALES)
def test_every_cell_and_row_is_as_proven(
    built: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, locale: str
) -> None:
    trained = whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx"
    small = [proven.classification(tmp_path / f"m{k}", names) for k, names in enumerate(LABELS)]
    sources = [read_source(model) for model in (trained, *small)]
    folders = [set_up(tmp_path / f"r{k}", source, built) for k, source in enumerate(sources)]
    for folder in (built, *folders):
        found = json.loads(shell(folder, "Rscript verify.R --measure", locale=locale))
        assert found["cells"]["wrong"] == []
        cases = json.loads((folder / "feed_cases.json").read_text(encoding="utf-8"))["columns"]
        assert found["cells"]["count"] == sum(len(each["cases"]) for each in cases)
        assert found["rows"]["flips"] == 0
        assert {*found["speed"]} == {"open_ms", "row_us", "batch_ms"}


@pytest.mark.long
def test_the_example_answers_as_here(built: Path, tmp_path: Path) -> None:
    models = [proven.classification(tmp_path / f"m{k}", names) for k, names in enumerate(LABELS)]
    for number, model in enumerate((tmp_path / "onnx" / "model.onnx", *models)):
        if number == 0:
            proven.regression(tmp_path / "onnx")
        folder = set_up(tmp_path / f"r{number}", read_source(model), built)
        code = readme(folder, "r").replace("print(", "write.csv(row.names = FALSE, ")
        (folder / "example.R").write_text(code, encoding="utf-8")
        names, values = csv.reader(shell(folder, "Rscript example.R").splitlines())
        scorer = Scorer(model)
        row = {each.name: proven.ROWS[each.name][0] for each in scorer.manifest.inputs}
        expected = scorer.predict_one(row)
        assert names[0] == "label"
        if len(names) == 1:
            np.testing.assert_allclose(float(values[0]), expected["prediction_label"], rtol=1e-12)
            continue
        assert values[0] == str(expected["prediction_label"])
        np.testing.assert_allclose(
            [float(value) for value in values[2:]], expected["prediction_score"], rtol=1e-12
        )


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
    missing, gone, more, unknown = shell(built, "Rscript frames.R").splitlines()
    assert missing.startswith('row 3, column "member": got "NA", expected true or false')
    assert 'the column "body mass [kg]" is missing' in gone
    assert 'the column "more"' in more
    assert 'column "joined": got difftime' in unknown


@pytest.mark.long
def test_a_file_that_was_changed_is_refused(built: Path, tmp_path: Path) -> None:
    source = read_source(proven.regression(tmp_path / "onnx"))
    for number, name in enumerate(SEALED):
        folder = set_up(tmp_path / f"r{number}", source, built)
        with (folder / name).open("ab") as file:
            file.write(b"\n")
        assert f"{name}: got sha256" in shell(folder, "Rscript verify.R", code=3)
    sums = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
    (folder / "SHA256SUMS").write_text("".join(x for x in sums if "model.onnx" not in x))
    shell(folder, "Rscript verify.R", code=3)


@pytest.mark.long
@pytest.mark.parametrize("answers", ["expected", "graph"])
def test_another_answer_ends_with_5(tmp_path: Path, built: Path, answers: str) -> None:
    source = read_source(proven.regression(tmp_path / "onnx"))
    golden = json.loads(source.golden)
    wrong = golden["expected"] if answers == "expected" else golden["graph"]["expected"]
    wrong["prediction_label"][2] *= 1 + 1e-8
    folder = set_up(tmp_path / "r", replace(source, golden=json.dumps(golden)), built)
    shell(folder, "Rscript verify.R", code=5)


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
    found = shell(built, f"Rscript -e '{code}'").split()
    assert list(map(Decimal, found)) == [Decimal(repr(value)) for value in fractions]
