"""Whatever the page says of how to score runs as it is printed, and answers like PyCaret."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.report import usage
from pipeline.track.training_result import Converted
from tests import tracked
from tests.commands import needed, pasted
from tests.report.conftest import trained
from tests.report.published import Published, printed, published, run
from tests.report.test_page import failed

RUNS = ("insurance", pytest.param("penguins", marks=pytest.mark.long), "hostile")
LINE = "A file, from the command line"
SCORER = "Python, with this project"
BARE = "Python, with onnxruntime and numpy alone"
NODE = "Node.js"
PYFUNC = "Python, with MLflow"
SERVICE = "A web service, with MLflow"


@pytest.fixture(scope="module", params=RUNS)
def found(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Published]:
    evidence = request.getfixturevalue(request.param)
    with published(evidence, tmp_path_factory.mktemp("published")) as made:
        yield made


def test_the_page_has_the_ways_that_are_tested_here(found: Published) -> None:
    assert found.titles == (LINE, SCORER, BARE, NODE, PYFUNC, SERVICE)


def test_the_scorer_answers_like_pycaret(
    found: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    one, frame = found.blocks(SCORER)
    exec(one, {})
    answer = eval(capsys.readouterr().out)
    found.agrees([(answer["prediction_label"], answer.get("prediction_score"))])
    space: dict[str, Any] = {}
    exec(frame, space)
    scored = space["scorer"].score_frame(space["frame"], raw_score=True)
    assert scored["prediction_label"].equals(space["scored"]["prediction_label"])
    found.agrees_by_name(scored.to_dict("records"))


def test_onnxruntime_alone_answers_like_pycaret(found: Published) -> None:
    (code,) = found.blocks(BARE)
    watch = "import sys; assert not {'pipeline', 'pandas', 'onnx', 'sklearn'} & {*sys.modules}"
    found.agrees([printed(found.python(f"{code}\n{watch}"))])


def test_mlflow_answers_like_pycaret(found: Published, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = found.blocks(PYFUNC)
    space: dict[str, Any] = {}
    exec(code, space)
    assert eval(capsys.readouterr().out) == space["scored"].to_dict("records")
    found.agrees_by_name(space["scored"].to_dict("records"))


@pytest.mark.long
def test_code_for_python_runs_in_a_shell_of_its_own(found: Published) -> None:
    for code in (*found.blocks(SCORER), *found.blocks(PYFUNC)):
        found.python(code)


@pytest.mark.long
def test_the_command_that_makes_it_again_does(found: Published) -> None:
    again = found.page.split('<h2 id="again">')[1]
    (line,) = (unescape(code) for code in re.findall("<code>(export [^<]*)</code>", again))
    assert line == usage.SHELL
    (command,) = (unescape(code) for code in re.findall("<pre>([^<]*)</pre>", again))
    assert "parity passed" in found.shell(f"{command} --output again --no-register")


@pytest.mark.long
def test_the_command_lines_answer_like_pycaret(found: Published) -> None:
    for command in found.blocks(LINE):
        found.shell(command)
        scored = pd.read_csv(found.folder / "scored.csv", float_precision="round_trip")
        found.agrees_on_chosen(scored)


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for packages of Node.js."""
    needed(shutil.which("npm"), "npm")
    return tmp_path_factory.mktemp("node")


@pytest.mark.long
def test_node_answers_like_pycaret(found: Published, packages: Path) -> None:
    install, code = found.blocks(NODE)
    # it asks a package registry, whose address a machine may keep in variables
    run(["bash", "-ec", install], packages)
    (found.folder / "score.js").write_text(code, encoding="utf-8")
    if not (found.folder / "node_modules").exists():
        (found.folder / "node_modules").symlink_to(packages / "node_modules")
    found.agrees([printed(pasted("node score.js", found.folder))])


@pytest.mark.long
def test_a_service_answers_like_pycaret(found: Published) -> None:
    serve, curl = found.blocks(SERVICE)
    line, _, port = serve.rpartition(" ")
    assert int(port) == usage.PORT
    here = f"127.0.0.1:{tracked.free_port()}"  # the printed port may be taken on this machine
    lines = found.lines(f"{line} {here.partition(':')[2]}")
    with tracked.pasted_server(lines, found.folder, f"http://{here}/health"):
        there = f"127.0.0.1:{usage.PORT}"
        answer = json.loads(pasted(curl.replace(f"{there}/", f"{here}/"), found.folder))
    found.agrees_by_name(answer["predictions"])


def ways(evidence: Converted, **manifest: Any) -> dict[str, usage.Usage]:
    model = replace(evidence.model, manifest=replace(evidence.model.manifest, **manifest))
    return {way.title: way for way in usage.list_usages(replace(evidence, model=model))}


def test_a_wide_table_has_no_example_row(insurance: Converted) -> None:
    found = ways(insurance, inputs=insurance.model.manifest.inputs * usage.MOST_COLUMNS)
    assert list(found) == [LINE, SCORER, PYFUNC]
    assert not any("19" in code for way in found.values() for code in way.code)


def test_what_is_not_registered_has_no_address(insurance: Converted) -> None:
    config = insurance.config.model_copy(update={"register": False})
    for evidence in (replace(insurance, config=config), failed(insurance)):
        found = ways(evidence)
        assert list(found) == [LINE, SCORER, BARE, NODE]
        assert "models:/" not in str(found)


def test_operators_beyond_the_standard_are_named(insurance: Converted) -> None:
    found = ways(insurance, requires={"com.microsoft": 1})
    named = {title for title, way in found.items() if "com.microsoft" in way.note}
    assert named == {BARE, NODE}


@pytest.fixture(scope="module")
def worded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """A model of words, whose graph needs an operator beyond the standard ones."""
    folder = tmp_path_factory.mktemp("worded")
    random = np.random.default_rng(0)
    words = random.choice(["quiet", "loud", "red", "ünder", "the"], (150, 4))
    table = pd.DataFrame({"note": [" ".join(row) for row in words], "size": random.random(150)})
    table["price"] = table["size"] + 3 * (words == "loud").sum(axis=1)
    table.to_csv(folder / "notes.csv", index=False)
    settings = {"setup": {"text_features": ["note"]}, "include": ("dt",)}
    evidence = trained(folder / "run", data=folder / "notes.csv", target="price", **settings)
    with published(evidence, folder) as made:
        yield made


@pytest.mark.long
def test_a_graph_with_other_operators_runs_where_the_page_says(
    worded: Published, packages: Path
) -> None:
    assert set(worded.evidence.model.manifest.requires) == {"com.microsoft"}
    test_onnxruntime_alone_answers_like_pycaret(worded)
    test_node_answers_like_pycaret(worded, packages)
