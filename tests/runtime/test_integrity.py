"""A model's files are those that were logged, or nothing of them is loaded, imported or run."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow.pyfunc
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.models import Model
from onnx import helper
from typer.testing import CliRunner

from pipeline.compare.runs import open_run_of_comparison
from pipeline.doctor import check_models
from pipeline.errors import DataError, UsageError
from pipeline.export import mlflow_flavor
from pipeline.gate.champion import find_champion
from pipeline.registry.download import download_run
from pipeline.registry.model_uri import resolve_address
from pipeline.runtime import integrity
from pipeline.runtime.scorer import Scorer
from pipeline.score import __main__ as score
from pipeline.score import run as score_run
from tests import healthy, small_models, tracked

if TYPE_CHECKING:
    from mlflow import MlflowClient

ROWS = tracked.frame()
REGISTERED = pytest.mark.attack(
    "a registered model or its run in the store, changed, cut, added to or listed anew",
    "refused with 3 by every command, nothing of it loaded or imported",
)
COPIED = pytest.mark.attack(
    "a copy of a model's folder, changed, cut or added to, its list not written anew",
    "refused, nothing of it loaded, imported or run",
)


def with_a_node(data: bytes) -> bytes:
    """The same model with one node more: every prediction is ten times as large."""
    model = onnx.load_from_string(data)
    (last,) = (node for node in model.graph.node if "prediction_label" in node.output)
    last.output[0] = "honest"
    model.graph.node.append(helper.make_node("Mul", ["honest", "ten"], ["prediction_label"]))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def marked(file: Path, mark: Path) -> None:
    """A source that leaves a mark when it is imported."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    line = f"from pathlib import Path\nPath({str(mark)!r}).touch()\n"
    head, _, rest = before.partition("from __future__ import annotations\n")
    file.write_text(f"{head}from __future__ import annotations\n{line}{rest}" if rest else line)


def package(folder: Path) -> Path:
    """The model's own code."""
    (found,) = (folder / "code").glob("pipeline_scoring_*")
    return found


def exchanged(folder: Path, mark: Path) -> str:
    file = folder / "model.onnx"
    file.write_bytes(with_a_node(file.read_bytes()))
    return "model.onnx"


def described_anew(folder: Path, mark: Path) -> str:
    """MLflow is told to import another module, which is the planted one."""
    file = folder / "MLmodel"
    marked(folder / "code" / "evil.py", mark)
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace(f"{package(folder).name}.serving.table_model", "evil"), encoding="utf-8"
    )
    return "MLmodel"


def changed(folder: Path, mark: Path) -> str:
    file = package(folder) / "runtime" / "feeds.py"
    marked(file, mark)
    return file.relative_to(folder).as_posix()


def planted(folder: Path, mark: Path) -> str:
    file = folder / "code" / "stringprep.py"  # of the standard library, rarely loaded
    marked(file, mark)
    return file.relative_to(folder).as_posix()


def linked(folder: Path, mark: Path) -> str:
    away = folder.parent / "away"
    away.mkdir()
    marked(away / "__init__.py", mark)
    (folder / "code" / "more").symlink_to(away)
    return "code/more"


def missing(folder: Path, mark: Path) -> str:
    file = package(folder) / "runtime" / "unseen.py"
    file.unlink()
    return file.relative_to(folder).as_posix()


def required_anew(folder: Path, mark: Path) -> str:
    (folder / "requirements.txt").write_text("evil==1.0\n")
    return "requirements.txt"


def unlisted(folder: Path, mark: Path) -> str:
    (folder / integrity.FILE).unlink()
    return integrity.FILE


def listed_anew(folder: Path, mark: Path) -> str:
    """Whoever changes a file can write a new list, but not the registry's hash of it."""
    exchanged(folder, mark)
    marked(package(folder) / "runtime" / "feeds.py", mark)
    integrity.write_checksums(folder)
    return integrity.FILE


def not_a_list(folder: Path, mark: Path) -> str:
    (folder / integrity.FILE).write_text('{"files": {"../../etc/passwd": {}}}')
    return integrity.FILE


def list_of_nothing(folder: Path, mark: Path) -> str:
    """A list in which the graph is not, so that nothing holds another one against it."""
    exchanged(folder, mark)
    (folder / integrity.FILE).write_text('{"files": {}}')
    return integrity.FILE


def list_of_no_name(folder: Path, mark: Path) -> str:
    """JSON can write half of a surrogate pair, which no file can be called."""
    file = folder / integrity.FILE
    listed = json.loads(file.read_bytes())
    listed["files"]["\ud800"] = {"sha256": "x"}
    file.write_text(json.dumps(listed))
    return integrity.FILE


def list_in_a_folder(folder: Path, mark: Path) -> str:
    exchanged(folder, mark)
    (folder / integrity.FILE).unlink()
    (folder / integrity.FILE).mkdir()
    return integrity.FILE


def list_in_a_loop(folder: Path, mark: Path) -> str:
    exchanged(folder, mark)
    (folder / integrity.FILE).unlink()
    (folder / integrity.FILE).symlink_to(integrity.FILE)
    return integrity.FILE


def list_in_a_pipe(folder: Path, mark: Path) -> str:
    """Whoever opens it waits for somebody who writes."""
    exchanged(folder, mark)
    (folder / integrity.FILE).unlink()
    os.mkfifo(folder / integrity.FILE)
    return integrity.FILE


def list_without_end(folder: Path, mark: Path) -> str:
    exchanged(folder, mark)
    os.truncate(folder / integrity.FILE, 1 << 40)
    return integrity.FILE


Damage = Callable[[Path, Path], str]
DAMAGE: tuple[Damage, ...] = (
    *(exchanged, described_anew, changed, planted, linked, missing, required_anew),
    *(unlisted, listed_anew, not_a_list, list_of_nothing, list_of_no_name, list_in_a_folder),
    *(list_in_a_loop, list_in_a_pipe, list_without_end),
)
NOT_STORED: tuple[Damage, ...] = (linked, list_in_a_loop, list_in_a_pipe, list_without_end)
"""What MLflow does not hand on: links, pipes, and what fills the disk."""
NOT_SEEN_ALONE = (unlisted, listed_anew)
"""What only the registry's own hash gives away."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with a champion and the version before it."""
    folder = tmp_path_factory.mktemp("integrity") / "project"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        tracked.enter(folder, patch)
        healthy.version("train-1")
        healthy.version("train-2")
    return folder


@pytest.fixture
def project(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project itself, whose artifacts are put back afterwards: the database names places."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(original)
    shutil.copytree(original / "mlruns", tmp_path / "mlruns")
    yield original
    shutil.rmtree(original / "mlruns")
    shutil.copytree(tmp_path / "mlruns", original / "mlruns")


@pytest.fixture
def client(project: Path) -> MlflowClient:
    from mlflow import MlflowClient

    assert project == Path.cwd()
    return MlflowClient()


def stored(client: MlflowClient) -> Path:
    """The folder of the champion's model in the store."""
    source = client.get_model_version("small", "2").source
    return Path(client.get_logged_model(source.removeprefix("models:/")).artifact_location)


def of_run(client: MlflowClient) -> Path:
    """`onnx/` of the champion's run in the store."""
    run = client.get_run(str(client.get_model_version("small", "2").run_id))
    return Path(run.info.artifact_uri, "onnx")


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy of the champion's model, as `cp -r` makes it."""
    (first, *_) = sorted((original / "mlruns").glob("*/models/*/artifacts"))
    copy = tmp_path / "copy" / "model"
    shutil.copytree(first, copy)
    return copy


@REGISTERED
@pytest.mark.parametrize("damage", [d for d in DAMAGE if d not in NOT_STORED])
def test_every_door_of_the_registry_refuses_what_is_not_as_it_was_logged(
    client: MlflowClient, tmp_path: Path, damage: Damage
) -> None:
    mark, source = tmp_path / "mark", client.get_model_version("small", "2").source
    name = damage(stored(client), mark)
    found = find_champion(client, "small")
    assert found is not None
    doors: dict[str, Callable[[], object]] = {
        "an alias": lambda: score_run.load_model("models:/small@champion"),
        "a version": lambda: score_run.load_model("models:/small/2"),
        "a logged model": lambda: score_run.load_model(source),
        "the gate": lambda: found.contender(tmp_path, tmp_path),
    }
    for door, opening in doors.items():
        with pytest.raises(DataError) as caught:
            opening()
        assert f"{name}: got " in caught.value.message, door
        assert "expected " in caught.value.message, door
        assert "rollback" in caught.value.hint, door
        shutil.rmtree(tmp_path / "in-use", ignore_errors=True)
    problems = [f for f in check_models.check([]) if f.status == "problem"]
    assert {f.subject for f in problems} == {"small 2 (champion)"}
    assert any(name in f"model.onnx {f.found}" for f in problems)
    assert all("rollback small" in f.action for f in problems)
    assert not mark.exists()
    assert score_run.load_model("models:/small/1").predict(ROWS)["prediction_label"].shape == (10,)


@COPIED
@pytest.mark.parametrize("damage", [d for d in DAMAGE if d not in NOT_SEEN_ALONE])
def test_a_copy_of_the_folder_is_checked_by_whatever_loads_it(
    folder: Path, tmp_path: Path, damage: Damage
) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(DataError, match="is not as it was logged"):
        damage(folder, mark)
        integrity.verify_folder(folder)
    if damage in (exchanged, *(d for d in DAMAGE if d.__name__.startswith("list_"))):
        with pytest.raises(DataError, match=r"(model\.onnx|checksums\.json): got "):
            Scorer(folder / "model.onnx")
    assert not mark.exists()


UNHEARD = (described_anew, missing, listed_anew)
"""What MLflow trips over by itself before the first file runs, and what a folder cannot know."""


@COPIED
@pytest.mark.parametrize("damage", [d for d in DAMAGE if d not in UNHEARD])
def test_mlflow_loads_nothing_of_a_folder_that_its_first_file_refuses(
    folder: Path, tmp_path: Path, damage: Damage
) -> None:
    mark = tmp_path / "mark"
    name = damage(folder, mark)
    with pytest.raises(Exception, match=name.replace(".", r"\.")) as caught:
        load_anew(folder)
    assert type(caught.value).__name__ == "DataError"
    assert not mark.exists()


def load_anew(folder: Path) -> Any:
    """`mlflow.pyfunc.load_model` as a process that has not yet imported the model's code."""
    name = package(folder).name
    known = {key: sys.modules.pop(key) for key in [*sys.modules] if key.partition(".")[0] == name}
    paths = sys.path.copy()
    try:
        return mlflow.pyfunc.load_model(str(folder))
    finally:
        sys.path[:] = paths
        for key in [key for key in sys.modules if key.partition(".")[0] == name]:
            del sys.modules[key]
        sys.modules.update(known)


def test_bytecode_beside_a_source_is_never_run_by_the_models_own_code(
    folder: Path, tmp_path: Path
) -> None:
    import py_compile

    mark, source = tmp_path / "mark", package(folder) / "runtime" / "feeds.py"
    other = tmp_path / "feeds.py"
    marked(other, mark)
    cache = source.parent / "__pycache__" / f"feeds.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(
        str(other), str(cache), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    model = load_anew(folder)
    assert len(model.predict(ROWS)) == 10
    assert not mark.exists()


def test_the_doctor_says_where_bytecode_lies_that_python_has_written(
    client: MlflowClient,
) -> None:
    cache = package(stored(client)) / "runtime" / "__pycache__"
    cache.mkdir()
    (cache / f"feeds.{sys.implementation.cache_tag}.pyc").write_bytes(b"whatever")
    assert score_run.load_model("models:/small@champion").manifest.name == "small"
    (finding,) = (f for f in check_models.check([]) if f.status != "ok")
    assert finding.status == "note"
    assert "__pycache__" in finding.found
    (cache / f"evil.{sys.implementation.cache_tag}.pyc").write_bytes(b"no source is listed")
    with pytest.raises(DataError, match=r"__pycache__/evil\.[\w-]+\.pyc: got a file"):
        score_run.load_model("models:/small@champion")


@COPIED
def test_a_second_folder_with_the_same_code_is_checked_too(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    exchanged(other, tmp_path)
    assert len(mlflow.pyfunc.load_model(str(folder)).predict(ROWS)) == 10
    with pytest.raises(Exception, match=r"model\.onnx: got sha256"):
        mlflow.pyfunc.load_model(str(other))


@REGISTERED
@pytest.mark.parametrize("name", ["model.onnx", "manifest.json", "golden.json", integrity.FILE])
def test_what_a_run_keeps_beside_its_graph_is_checked_too(
    client: MlflowClient, tmp_path: Path, name: str
) -> None:
    file = of_run(client) / name
    text = file.read_bytes()
    file.write_bytes(with_a_node(text) if name == "model.onnx" else text + b" ")
    version = client.get_model_version("small", "2")
    found = find_champion(client, "small")
    assert found is not None
    for opening in (
        lambda: download_run(client, version.run_id, tmp_path),
        lambda: open_run_of_comparison("A", version.run_id, tmp_path),
        lambda: found.left(tmp_path),
        lambda: score_run.load_model(f"runs:/{version.run_id}/onnx"),
    ):
        with pytest.raises(DataError, match=f"{name}: got sha256"):
            opening()
        shutil.rmtree(tmp_path / "champion", ignore_errors=True)
    (finding, *_) = (f for f in check_models.check([]) if f.status == "problem")
    assert finding.subject == "small 2 (champion)"


def test_the_folder_of_a_training_is_checked_when_it_is_compared_drawn_or_sent(
    project: Path, tmp_path: Path
) -> None:
    from pipeline.track import mlflow_run

    copy = tmp_path / "out"
    shutil.copytree(project / "out", copy)
    exchanged(copy / "onnx", tmp_path)
    for opening in (
        lambda: open_run_of_comparison("A", str(copy), tmp_path),
        lambda: Scorer(copy / "onnx" / "model.onnx"),
        lambda: mlflow_run.push_folder(copy),
    ):
        with pytest.raises(DataError, match=r"model\.onnx: got sha256"):
            opening()


def forget(client: MlflowClient, *keys: str) -> None:
    """Make the champion one that was logged before there were lists, or hashes at all."""
    version = client.get_model_version("small", "2")
    for key in keys:
        client.delete_model_version_tag("small", "2", key)
        client.delete_logged_model_tag(version.source.removeprefix("models:/"), key)
        client.delete_tag(version.run_id, key)


@pytest.fixture
def elder(client: MlflowClient) -> Iterator[Path]:
    """The champion's folder, as one logged before there were lists."""
    place, runs = stored(client), of_run(client)
    tags = dict(client.get_model_version("small", "2").tags)
    run = str(client.get_model_version("small", "2").run_id)
    of_list = client.get_run(run).data.tags[integrity.CHECKSUMS_SHA256]
    for folder in (place, runs):
        (folder / integrity.FILE).unlink()
    forget(client, integrity.CHECKSUMS_SHA256)
    yield place
    client.set_model_version_tag(
        "small", "2", integrity.CHECKSUMS_SHA256, tags[integrity.CHECKSUMS_SHA256]
    )
    client.set_tag(run, integrity.CHECKSUMS_SHA256, of_list)
    model_id = client.get_model_version("small", "2").source.removeprefix("models:/")
    client.set_logged_model_tags(
        model_id, {integrity.CHECKSUMS_SHA256: tags[integrity.CHECKSUMS_SHA256]}
    )


def test_a_model_of_before_is_used_with_a_warning_and_its_graph_is_held_to_the_hash(
    client: MlflowClient, elder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "pipeline.runtime.integrity"):
        assert score_run.load_model("models:/small@champion").manifest.name == "small"
    assert "is used unchecked" in caplog.text
    notes = [f.found for f in check_models.check([]) if f.status != "ok"]
    assert len(notes) == 2
    assert all("only the graph can be checked" in text for text in notes)
    exchanged(elder, tmp_path)
    with pytest.raises(DataError, match=r"model\.onnx: got sha256"):
        score_run.load_model("models:/small@champion")


def renamed(folder: Path, mark: Path) -> str:
    exchanged(folder, mark)
    (folder / "model.onnx").rename(folder / "other.onnx")
    return "other.onnx"


@REGISTERED
@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (exchanged, "model.onnx"),
        (list_of_nothing, integrity.FILE),
        (listed_anew, "model.onnx"),
        (renamed, "other.onnx"),
    ],
)
def test_no_list_and_no_name_takes_a_graph_of_before_from_its_hash(
    client: MlflowClient, elder: Path, tmp_path: Path, damage: Damage, named: str
) -> None:
    damage(elder, tmp_path / "mark")
    with pytest.raises(DataError, match=f"{named}: got "):
        score_run.load_model("models:/small@champion")
    assert [f for f in check_models.check([]) if f.status == "problem"]


@REGISTERED
@pytest.mark.parametrize(
    "path",
    ["onnx", "onnx/", "onnx/.", "./onnx", "/onnx", "onnx//", "x/../onnx", ""],
)
def test_a_path_of_a_run_is_held_to_its_tags_however_it_is_written(
    client: MlflowClient, tmp_path: Path, path: str
) -> None:
    run_id = client.get_model_version("small", "2").run_id
    list_of_nothing(of_run(client), tmp_path)
    with pytest.raises(DataError, match="is not as it was logged"):
        score_run.load_model(f"runs:/{run_id}/{path}")


@REGISTERED
@pytest.mark.parametrize("damage", [linked, list_in_a_loop, list_in_a_pipe])
def test_what_a_store_does_not_hand_on_is_no_fault_of_the_store(
    client: MlflowClient, tmp_path: Path, damage: Damage
) -> None:
    run_id = str(client.get_model_version("small", "2").run_id)
    damage(stored(client), tmp_path / "mark")
    openings: list[Callable[[], object]] = [lambda: score_run.load_model("models:/small@champion")]
    if damage is not linked:
        damage(of_run(client), tmp_path / "mark")
        openings.append(lambda: score_run.load_model(f"runs:/{run_id}/onnx"))
        openings.append(lambda: open_run_of_comparison("A", run_id, tmp_path))
    for opening in openings:
        with pytest.raises(DataError, match="is not as it was logged: something in it is a "):
            opening()


def test_an_address_of_more_than_a_version_is_refused(client: MlflowClient) -> None:
    with pytest.raises(UsageError, match="no more than a model and its version"):
        resolve_address(client, "models:/small/1/2")
    assert resolve_address(client, "models:/small/1/")[0] == "models:/small/1"


def test_the_list_names_every_file_with_its_size_and_hash(folder: Path) -> None:
    listed = json.loads((folder / integrity.FILE).read_bytes())["files"]
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != integrity.FILE]
    assert set(listed) == {file.relative_to(folder).as_posix() for file in files}
    assert all(listed[name]["bytes"] == (folder / name).stat().st_size for name in listed)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_byte_of_any_file_can_change(folder: Path, data: st.DataObject) -> None:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    file = data.draw(st.sampled_from(files))
    before = file.read_bytes()
    place = data.draw(st.integers(0, max(len(before) - 1, 0)))
    less, more = data.draw(st.integers(0, 3)), data.draw(st.binary(max_size=3))
    after = before[:place] + more + before[place + less :]
    tags = {integrity.CHECKSUMS_SHA256: sha256((folder / integrity.FILE).read_bytes()).hexdigest()}
    file.write_bytes(after)
    try:
        if after == before:
            integrity.verify_folder(folder, tags)
        else:
            with pytest.raises(DataError, match=f"{file.name}: got "):
                integrity.verify_folder(folder, tags)
    finally:
        file.write_bytes(before)


def test_a_downloaded_model_passes(client: MlflowClient, tmp_path: Path) -> None:
    from mlflow.artifacts import download_artifacts

    (there := tmp_path / "there").mkdir()
    place = Path(download_artifacts("models:/small@champion", dst_path=str(there)))
    version = client.get_model_version("small", "2")
    integrity.verify_folder(place, version.tags)
    assert len(mlflow.pyfunc.load_model(str(place)).predict(ROWS)) == 10
    integrity.verify_folder(place, version.tags)  # Python has written its bytecode by now


@pytest.mark.long
@pytest.mark.usefixtures("project")
def test_the_doctor_imports_nothing_of_a_model() -> None:
    code = (
        "import sys\nfrom pipeline.doctor import run\nlist(run.run_checks(()))\n"
        "print([name for name in sys.modules if name.startswith('pipeline_scoring_')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(mlflow_flavor.__file__).parents[2])},
    )
    assert done.stdout.strip() == "[]"


@REGISTERED
@pytest.mark.usefixtures("project")
def test_the_command_says_which_file_and_ends_with_3(client: MlflowClient, tmp_path: Path) -> None:
    name = changed(stored(client), tmp_path / "mark")
    ROWS.to_csv("rows.csv", index=False)
    arguments = ["--model", "models:/small@champion", "--data", "rows.csv", "--output", "out.csv"]
    done = CliRunner().invoke(score.app, arguments)
    assert done.exit_code == 3
    assert name in done.stderr and "rollback" in done.stderr
    assert not Path("out.csv").exists()


@pytest.mark.attack("a graph that gives other outputs than its manifest says", "refused with 3")
@pytest.mark.parametrize("place", ["name", "type", "more"])
def test_a_graph_that_gives_other_outputs_than_its_manifest_says_is_refused(place: str) -> None:
    model = onnx.load_from_string(small_models.classification())
    outputs = model.graph.output
    if place == "name":
        for node in model.graph.node:
            node.output[:] = ["scores" if o == "prediction_score" else o for o in node.output]
            node.input[:] = ["scores" if i == "prediction_score" else i for i in node.input]
        outputs[1].name = "scores"
    elif place == "type":
        (last,) = (node for node in model.graph.node if "prediction_label" in node.output)
        last.output[0] = "label"
        model.graph.node.append(
            helper.make_node("Cast", ["place"], ["prediction_label"], to=onnx.TensorProto.INT64)
        )
        outputs[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    else:
        outputs.append(helper.make_tensor_value_info("place", onnx.TensorProto.INT64, ["N"]))
    with pytest.raises(DataError, match="the graph gives"):
        Scorer(model.SerializeToString())


def test_saving_a_model_tells_the_hash_of_its_list(tmp_path: Path) -> None:
    graph, told = tmp_path / "graph.onnx", []
    graph.write_bytes(small_models.regression())
    mlflow_flavor.save_model(
        str(tmp_path / "model"), Model(), graph, ROWS.head(3), seal=told.append
    )
    integrity.verify_folder(tmp_path / "model", {integrity.CHECKSUMS_SHA256: told[0]})


@REGISTERED
@pytest.mark.long
def test_a_server_hands_on_what_was_changed_behind_it_and_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = tracked.free_port()
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/server.db"]
    command += ["--artifacts-destination", str(tmp_path / "bucket")]
    monkeypatch.chdir(tmp_path)
    with tracked.server(command, f"http://127.0.0.1:{port}/health", DO_NOT_TRACK="true"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        healthy.version()
        assert score_run.load_model("models:/small@champion").manifest.name == "small"
        assert not [f for f in check_models.check([]) if f.status != "ok"]
        (file,) = (tmp_path / "bucket").rglob("feeds.py")
        marked(file, tmp_path / "mark")
        with pytest.raises(DataError, match=r"feeds\.py: got sha256"):
            score_run.load_model("models:/small@champion")
        (finding,) = (f for f in check_models.check([]) if f.status == "problem")
        assert "feeds.py" in finding.found
    assert not (tmp_path / "mark").exists()
