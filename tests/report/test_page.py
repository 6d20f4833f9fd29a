"""A run's folder tells a person what they need to know, whatever the table calls its columns."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from pipeline.export.seal import seal_model
from pipeline.report.__main__ import app
from pipeline.track.training_result import Converted, TrainingResult, Unconverted
from pipeline.train import artifacts
from tests import pictures
from tests.report.conftest import HOSTILE_COLUMNS, HOSTILE_LABELS, HOSTILE_TARGET
from tests.report.page import Page, decoded

SOME_RUNS = (
    "insurance",
    *(pytest.param(n, marks=pytest.mark.long) for n in ("penguins", "hostile")),
)
RUNS = ("insurance", pytest.param("penguins", marks=pytest.mark.long), "hostile")
EVERY = {"error_by_segment.png", "distributions.png", "importance.png", "dependence_1.png"}
NUMBERS = EVERY | {"predicted_against_actual.png", "residuals.png", "residual_distribution.png"}
CLASSES = EVERY | {"confusion_matrix.png", "roc.png", "precision_recall.png", "calibration.png"}
FILES = {"insurance": NUMBERS, "penguins": CLASSES, "hostile": CLASSES}


def failed(evidence: Converted) -> Converted:
    """The same evidence, had two hostile rows come out wrong."""
    table = [dict(row) for row in evidence.parity.table]
    table[1].update(failures=2, flips=1, max_error=0.25)
    worst = {**evidence.parity.table[1], "failed": True, "error": 0.25}
    worst |= {"onnx": "ours", "pycaret": "theirs", "row": {"age": "1"}}
    parity = replace(
        evidence.parity,
        passed=False,
        table=tuple(table),
        worst=(worst,),
        summary={**evidence.parity.summary, "failures": 2, "flips": 1, "max_error_hostile": 0.25},
        text="parity FAILED on 2 of 10 table rows and 20 hostile rows: 1 labels flipped",
    )
    return replace(evidence, parity=parity, model=seal_model(evidence.model, parity, "run-1"))


def written(folder: Path, evidence: TrainingResult) -> None:
    """The artifact folder as a training leaves it."""
    artifacts.write_artifacts(replace(evidence, folder=folder))


def page(folder: Path, evidence: TrainingResult) -> Page:
    """The page of a training whose folder is written for it, with blank pictures."""
    with pictures.blank():
        written(folder, evidence)
    return read(folder)


def read(folder: Path) -> Page:
    """The page of a folder that is written."""
    return Page((folder / "reports" / "report.html").read_text(encoding="utf-8"))


Kept = Callable[[Converted], Path]


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> tuple[str, Converted]:
    evidence: Converted = request.getfixturevalue(request.param)
    return request.param, evidence


def test_the_folder_holds_report_card_graph_and_plots(
    run: tuple[str, Converted], kept: Kept
) -> None:
    folder = kept(run[1])
    found = {str(f.relative_to(folder)) for f in folder.rglob("*.*") if f.is_file()}
    plots = {f"plots/{name}" for name in FILES[run[0]]}
    assert {name for name in found if name.startswith("plots")} >= plots
    assert found >= {
        "reports/report.html",
        "reports/model_card.md",
        "reports/try.html",
        "onnx/graph.svg",
    }
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in plots)


def test_every_picture_travels_inside_the_page(run: tuple[str, Converted], kept: Kept) -> None:
    import matplotlib.image

    addresses = read(kept(run[1])).attributes("src", "srcset")
    plots = list((kept(run[1]) / "plots").iterdir())
    assert len(addresses) == 2 * len(plots) + 1  # light and dark plots, one graph
    for content in map(decoded, addresses):
        if content.startswith(b"<svg"):
            assert float(ElementTree.fromstring(content).attrib["width"]) > 0
        else:
            assert matplotlib.image.imread(io.BytesIO(content), format="png").size > 0


def test_the_page_asks_for_nothing_from_outside(run: tuple[str, Converted], kept: Kept) -> None:
    found = read(kept(run[1]))
    beside = set(found.attributes("href")) - {"try.html"}  # in the same folder
    assert all(address.startswith("#") for address in beside)
    assert not any(tag in ("link", "iframe", "object") for tag, _ in found.tags)
    style = found.text.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_allows_its_own_script_and_no_other(
    run: tuple[str, Converted], kept: Kept
) -> None:
    found = read(kept(run[1]))
    (script,) = found.blocks("script")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(attrs["content"] for _, attrs in found.tags if "http-equiv" in attrs)
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")


def test_every_link_leads_to_a_section(insurance: Converted, kept: Kept) -> None:
    found = read(kept(insurance))
    places = {f"#{name}" for name in found.attributes("id")}
    assert set(found.attributes("href")) <= places | {"try.html"}
    assert found.attributes("href")


def test_the_page_shows_hostile_names_and_obeys_none(hostile: Converted, kept: Kept) -> None:
    found = read(kept(hostile))
    assert "i" not in {tag for tag, _ in found.tags}
    for name in (*HOSTILE_COLUMNS, *HOSTILE_LABELS, HOSTILE_TARGET, "table <i>.csv"):
        assert " ".join(name.split()) in found.said
    assert "{{ 7 * 7 }}" in found.said
    assert "49" not in found.blocks("td")


def test_the_graph_is_well_formed_and_names_hostile_columns(hostile: Converted, kept: Kept) -> None:
    root = ElementTree.parse(kept(hostile) / "onnx" / "graph.svg").getroot()
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert set(HOSTILE_COLUMNS) <= texts
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags == {"svg", "title", "style", "defs", "marker", "path", "rect", "g", "text"}


def test_the_card_shows_hostile_names_as_text(hostile: Converted, kept: Kept) -> None:
    card = (kept(hostile) / "reports" / "model_card.md").read_text(encoding="utf-8")
    text = [line for line in card.splitlines() if not line.startswith("    ")]  # code is as it is
    assert "<" not in "".join(text)
    assert "&lt;script&gt;alert('x')&lt;/script&gt;" in card
    rows = [line for line in text if line.startswith("| a ")]
    # columns, importance, a refusal: a | in a name adds no cell
    assert sorted(row.replace("\\|", "").count("|") for row in rows) == [3, 5, 5]


def test_the_verdict_comes_first(insurance: Converted, kept: Kept) -> None:
    said = read(kept(insurance)).said
    assert said.index("Parity passed") < said.index("Leaderboard") < said.index("How to score")
    assert "FAILED" not in said
    assert "models:/insurance@champion" in said


@pytest.mark.parametrize("name", SOME_RUNS)
def test_a_failed_run_says_so_first_and_shows_what_failed(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    evidence = failed(request.getfixturevalue(name))
    found = page(tmp_path, evidence)
    start = found.said[: found.said.index("Good to know")]
    assert "PARITY FAILED: do not use the ONNX file" in start
    assert "What failed" in start
    row = evidence.parity.table[1]
    assert " ".join(f"{row['column']} {row['kind']} 2 {row['rows']} 0.25".split()) in start
    assert "passed" not in found.said
    assert "models:/" not in found.said
    assert "--exclude" in found.said
    card = (tmp_path / "reports" / "model_card.md").read_text(encoding="utf-8")
    assert "PARITY FAILED: do not use the ONNX file" in card
    assert "passed" not in card


@pytest.mark.parametrize("name", SOME_RUNS)
def test_a_run_without_a_graph_says_why_and_shows_all_the_rest(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run = request.getfixturevalue(name)
    reason, instead = "refused because of x = <b>1</b> (it is new)", "x: leave it out"
    plain = Unconverted(run.dataset, run.config, run.trained, tmp_path, reason, instead)
    found = page(tmp_path, plain)
    assert found.said.index("No ONNX file") < found.said.index("Leaderboard")
    assert f"The reason: {reason}. To get one: {instead}." in found.said
    assert "pickle/pipeline.pkl" in found.said
    for absent in ("parity", "Contract", "How to score", "Scorer", "models:/"):
        assert absent not in found.said
    targets = {address.removeprefix("#") for address in found.attributes("href")}
    assert targets <= set(found.attributes("id"))
    assert not (tmp_path / "onnx").exists()
    card = (tmp_path / "reports" / "model_card.md").read_text(encoding="utf-8")
    assert "**No ONNX file**: refused because of x = &lt;b&gt;1&lt;/b&gt; (it is new)." in card
    assert "Rules for missing" not in card
    assert "## How to make it again" in card


def test_faults_of_pycaret_are_warned_of_once(insurance: Converted, tmp_path: Path) -> None:
    warning = "rows get lost"
    model = seal_model(insurance.model, insurance.parity, "run-1", [warning, warning])
    assert model.manifest.notes.count(warning) == 1
    warned = replace(insurance, model=model, warnings=(warning,))
    assert page(tmp_path, warned).said.count(warning) == 1


def test_a_graph_that_disagrees_with_itself_is_explained(
    insurance: Converted, tmp_path: Path
) -> None:
    summary = {**insurance.parity.summary, "alone_max_error": 0.5}
    parity = replace(insurance.parity, passed=False, summary=summary)
    said = page(tmp_path, replace(insurance, parity=parity)).said
    assert "the graph disagrees with itself" in said
    assert "largest difference is 0.5" in said
    assert "What failed" not in said


def test_the_card_gives_the_rules_the_spread_and_the_command(
    penguins: Converted, kept: Kept
) -> None:
    card = (kept(penguins) / "reports" / "model_card.md").read_text(encoding="utf-8")
    rules = penguins.model.manifest.rules
    assert rules["text"].split(";")[0] in card
    assert rules["range"].split("(")[0] in card
    assert "**date**" not in card  # no column of that kind
    assert "- text: empty string" in card
    assert "python -m pipeline.train --config config/train.toml --dataset penguins" in card
    best = penguins.trained.candidates[0]
    folds = penguins.config.fold
    tile = (
        f"**{best.metrics['Accuracy']:.4f}** | ± {best.spread['Accuracy']:.4f} over {folds} folds"
    )
    assert tile in card


def test_the_same_evidence_gives_the_same_bytes(
    insurance: Converted, tmp_path: Path, kept: Kept
) -> None:
    written(tmp_path, insurance)
    before = kept(insurance)
    files = [file for file in before.rglob("*.*") if file.is_file()]
    assert files
    for file in files:
        assert file.read_bytes() == (tmp_path / file.relative_to(before)).read_bytes()


def test_the_folder_alone_gives_the_same_report_again(
    run: tuple[str, Converted], tmp_path: Path, kept: Kept
) -> None:
    shutil.copytree(kept(run[1]), tmp_path, dirs_exist_ok=True)
    made = {f: f.read_bytes() for name in ("reports", "plots") for f in (tmp_path / name).iterdir()}
    made[tmp_path / "onnx" / "graph.svg"] = (tmp_path / "onnx" / "graph.svg").read_bytes()
    for file in made:
        file.unlink()
    assert CliRunner().invoke(app, ["--output", str(tmp_path)]).exit_code == 0
    assert {file: file.read_bytes() for file in made} == made


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "got neither"),
        (["abc", "--output", "x"], "got both"),
        (["--output", "."], "expected an artifact folder with config/report.json"),
        (["0" * 32], "got no MLflow store"),
    ],
)
def test_what_is_no_run_is_refused(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert said in done.output + caplog.text
    assert list(tmp_path.iterdir()) == []


def test_importing_the_report_imports_nothing_heavy() -> None:
    code = "import sys, pipeline.report; print({'matplotlib', 'jinja2', 'pandas'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
