"""A failure below us is called by its true cause, and ends with its own exit code."""

from __future__ import annotations

import errno
import json
import os
import resource as rlimits
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib.externals.loky.process_executor as loky
import numpy as np
import pandas as pd
import pytest
import sqlalchemy.event
import sqlalchemy.exc
import typer
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from typer.testing import CliRunner

from pipeline.automl.experiment import run_experiment
from pipeline.cli import app as cli
from pipeline.compare import __main__ as compare
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.data.source import open_source
from pipeline.doctor import check_store
from pipeline.errors import DataError, ResourceError, TrackingError, UsageError, causes
from pipeline.models import __main__ as models
from pipeline.registry.download import download_run
from pipeline.report import __main__ as report
from pipeline.retrain.recorder import RunRecorder
from pipeline.runtime.scorer import Scorer
from pipeline.score import __main__ as score
from pipeline.score import run as score_run
from pipeline.track import mlflow_run, store
from pipeline.train import artifacts
from tests import small_models, tracked
from tests.commands import ROOT, Preloaded, environment, needed

LOCKED = pytest.mark.attack("the store's SQLite file, locked", "7, called locked, model kept")


FULL = pytest.mark.attack(
    "a disk that is full under the store, --output or what score writes",
    "called full, model kept elsewhere, earlier file kept",
)


CHATTER = ("Background on", "sqlalche.me", "[SQL:", "This is a bug", "Traceback")


def refused(done: Any, code: int, *words: str) -> None:
    """Whether a command has ended with this code and says why, without chatter."""
    assert done.exit_code == code, done.output
    (line,) = (text for text in done.stderr.splitlines() if text.startswith("error: "))
    assert all(word in line for word in words), line
    assert not any(word in done.output for word in CHATTER), done.output


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


@pytest.fixture
def locked(client: MlflowClient) -> Iterator[Path]:
    """The store's file, which another connection has locked; MLflow waits for it, but not 20 s."""
    file, engines = store.sqlite_file(), sqlalchemy.engine.Engine
    assert file is not None
    sqlalchemy.event.listen(engines, "do_connect", _wait_less_to_connect)
    sqlalchemy.event.listen(engines, "before_cursor_execute", _wait_less, retval=True)
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield file
            other.rollback()
    finally:
        sqlalchemy.event.remove(engines, "before_cursor_execute", _wait_less)
        sqlalchemy.event.remove(engines, "do_connect", _wait_less_to_connect)


def _wait_less_to_connect(_: Any, __: Any, ___: Any, parameters: dict[str, Any]) -> None:
    parameters["timeout"] = 0.2


def _wait_less(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
    return statement.replace("busy_timeout = 20000", "busy_timeout = 200"), parameters


DOORS: dict[str, tuple[typer.Typer, list[str]]] = {
    "models": (models.app, ["list"]),
    "score": (score.app, ["--model", "models:/a@champion", "--data", "d.csv", "--output", "o.csv"]),
    "report": (report.app, ["0" * 32]),
    "compare": (compare.app, ["models:/a/1", "1" * 32]),
}


@LOCKED
@pytest.mark.long
@pytest.mark.parametrize("door", DOORS)
def test_a_locked_store_is_called_locked_and_is_7(locked: Path, door: str) -> None:
    app, arguments = DOORS[door]
    refused(CliRunner().invoke(app, arguments), 7, "locked by another process")


@LOCKED
@pytest.mark.long
def test_a_training_keeps_what_a_locked_store_does_not_take(
    locked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    with pytest.raises(TrackingError, match="locked by another process") as caught:
        tracked.log(mlflow_run.Run("e", "r", offline="no"), tracked.evidence(folder))
    assert str(folder) in str(caught.value)
    assert (folder / "onnx" / "model.onnx").is_file()
    assert not any(word in str(caught.value) for word in CHATTER)


@pytest.mark.attack("a missing database driver", "7, driver named")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("scheme", "module"), [("postgresql", "psycopg"), ("mysql+pymysql", "pymysql")]
)
def test_a_missing_driver_is_named_and_is_7(
    door: str, scheme: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"{scheme}://user:hunter2@127.0.0.1:1/db")
    for name in ("psycopg", "psycopg2", "pymysql"):
        monkeypatch.setitem(sys.modules, name, None)
    app, arguments = DOORS[door]
    done = CliRunner().invoke(app, arguments)
    refused(done, 7, "is not installed", module)
    assert "hunter2" not in done.output


ADDRESSES = {
    **{name: name for name in ("localhost:5000", "127.0.0.1:5000", "mlflow.db", "foo")},
    **{name: name for name in ("file:/tmp/x", "file:///tmp/x", "s3://b/x", "gs://b/x", "dbfs:/x")},
    **{name: name for name in ("ftp://h/x", "oracle://h/x", "nosuch://h/x", "uc:x", "http://")},
    **{name: name for name in ("sqlite://mlflow.db", "sqlite+a+b:///x", "databricks-uc")},
    "no end of a host": "https://[::1",
    "a password with #": "http://user:pa#hunter2@127.0.0.1:1",
    "a password with /": "https://user:pa/hunter2@127.0.0.1:1",
    "a password with ?": "nosuch://user:pa?hunter2@127.0.0.1:1",
    "a folder": "sqlite:////tmp",
}


@pytest.mark.attack("an address of the store that MLflow does not take", "7, the setting named")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_that_mlflow_does_not_take_is_7(
    door: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    app, arguments = DOORS[door]
    done = CliRunner().invoke(app, arguments)
    refused(done, 7, "expected")
    assert "MLFLOW_TRACKING_URI" in done.stderr
    assert "hunter2" not in done.output
    assert not any(tmp_path.iterdir())


def test_an_address_of_mlflow_that_only_mlflow_refuses_is_of_the_store() -> None:
    from mlflow.tracking._tracking_service.utils import _tracking_store_registry

    with pytest.raises(MlflowException) as caught:
        _tracking_store_registry.get_store_builder("nosuch://h")
    assert isinstance(causes.translate_failure(caught.value), TrackingError)


MALFORMED = (
    *("models:/", "models:/insurance", "models:/insurance/Production", "models:/insurance/1/2"),
    *(
        "models:/@champion",
        "models:/a@",
        "models:/\udcff@champion",
        "runs:/RUN",
        "runs:/",
    ),
)


@pytest.mark.parametrize("address", MALFORMED)
@pytest.mark.parametrize("door", ["score", "compare", "models", "report"])
def test_an_address_that_is_none_is_2_and_does_not_blame_the_store(
    client: MlflowClient, door: str, address: str
) -> None:
    app, arguments = {
        "score": (score.app, ["--model", address, "--data", "d.csv", "--output", "o.csv"]),
        "compare": (compare.app, [address, "1" * 32]),
        "models": (models.app, ["show", address.replace("runs:", "models:")]),
        "report": (report.app, [address]),
    }[door]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2, done.output
    assert "Check MLFLOW_TRACKING_URI" not in done.output


def full() -> sqlite3.OperationalError:
    """What SQLite raises where its file may not grow."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA max_page_count = 3")
        connection.execute("CREATE TABLE t (x)")
        try:
            connection.execute("INSERT INTO t VALUES (zeroblob(1000000))")
        except sqlite3.OperationalError as err:
            return err
    raise AssertionError


def wrapped(err: Exception) -> MlflowException:
    """An error of SQLite as MLflow hands it on."""
    try:
        raise sqlalchemy.exc.OperationalError("INSERT …", {}, err) from err
    except sqlalchemy.exc.OperationalError as outer:
        made = MlflowException(message=outer)  # type: ignore[arg-type]
        made.__cause__ = outer
        return made


def test_a_full_disk_under_the_store_is_called_full_and_is_7() -> None:
    found = causes.translate_failure(wrapped(full()))
    assert isinstance(found, TrackingError)
    assert "no space is left on the disk" in found.message
    assert causes.explain_failure(wrapped(full())) in found.message


def too_large() -> MemoryError:
    """What numpy raises for an array that no machine has room for."""
    try:
        np.empty((2**29, 2**29))
    except MemoryError as err:
        return err
    raise AssertionError


@pytest.mark.attack(
    "too little memory, in setup, fit, finalize or a worker", "called a lack of memory"
)
@pytest.mark.parametrize(
    "err",
    [
        MemoryError(),
        too_large(),
        loky.TerminatedWorkerError("A worker process managed by the executor was unexpectedly …"),
    ],
    ids=["Python", "numpy", "joblib"],
)
def test_a_lack_of_memory_is_called_that(err: Exception) -> None:
    found = causes.translate_failure(err)
    assert isinstance(found, ResourceError)
    assert causes.MEMORY in found.message
    app = cli.create_application()

    @app.command()
    def main() -> None:
        with cli.session():
            raise RuntimeError("the fit failed") from err

    refused(CliRunner().invoke(app, []), 1, causes.MEMORY)
    ended = RunRecorder().summarize(err)
    assert (ended.exit_code, ended.reason) == (1, found.message)


def lacking(*args: Any, **kwargs: Any) -> Any:
    raise MemoryError("Unable to allocate 8.00 GiB")


TABLE = "x,y\n" + "".join(f"{k},{k % 7}\n" for k in range(40))


@pytest.mark.attack(
    "too little memory, in setup, fit, finalize or a worker", "called a lack of memory"
)
@pytest.mark.parametrize(
    "place",
    [
        "pycaret.regression.RegressionExperiment.setup",
        "sklearn.tree.DecisionTreeRegressor.fit",
        "pycaret.regression.RegressionExperiment.finalize_model",
    ],
)
def test_no_stage_takes_a_lack_of_memory_for_a_fault_of_the_table(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.csv"
    file.write_text(TABLE)
    config = TrainConfig(data=file, target="y", task="regression", include=["dt"], fold=2)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    monkeypatch.setattr(place, lacking)
    with pytest.raises(ResourceError, match=causes.MEMORY):
        run_experiment(load_dataset(find_dataset(config), config), config)


def test_a_workbook_too_large_for_the_memory_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.xlsx"
    pd.DataFrame({"a": [1]}).to_excel(file)
    monkeypatch.setattr("openpyxl.load_workbook", lacking)
    with pytest.raises(ResourceError, match=causes.MEMORY):
        open_source(file)


def test_a_full_disk_of_ours_is_called_that() -> None:
    found = causes.translate_failure(
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/out.csv")
    )
    assert isinstance(found, ResourceError)
    assert "/data/out.csv" in found.message


@pytest.mark.parametrize(
    "code", [errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE]
)
def test_what_the_machine_refuses_is_no_bug(code: int) -> None:
    found = causes.translate_failure(OSError(code, os.strerror(code), "/data/out"))
    assert isinstance(found, ResourceError)
    assert found.message.endswith("/data/out")
    assert (
        causes.explain_failure(RuntimeError(f"3 files failed: {os.strerror(code)!r}"))
        in found.message
    )


def test_a_copy_that_a_full_disk_refused_names_the_disk_that_is_full() -> None:
    err = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/from", None, "/to")
    assert causes.explain_failure(err) == "no space is left on the disk of /to"


@contextmanager
def no_file_larger_than(limit: int) -> Iterator[None]:
    """What `ulimit -f` does, for this process: a full disk that takes no right to mount one."""
    before = rlimits.getrlimit(rlimits.RLIMIT_FSIZE)
    rlimits.setrlimit(rlimits.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        rlimits.setrlimit(rlimits.RLIMIT_FSIZE, before)


@pytest.mark.attack("no room to fetch the champion's files", "7, not called missing")
def test_artifacts_that_there_is_no_room_for_are_not_called_missing(
    client: MlflowClient, tmp_path: Path
) -> None:
    """A gate would go on without them, and replace a champion that it has not looked at."""
    with mlflow_run.open_run("small", "train-1") as run:
        tracked.log(run, tracked.evidence(tmp_path / "out"))
    assert run.run_id is not None
    (tmp_path / "here").mkdir()
    with (
        no_file_larger_than(100),
        pytest.raises(TrackingError, match=r"cannot read \w+ of run .* not allowed here"),
    ):
        download_run(client, run.run_id, tmp_path / "here")
    for address in (f"runs:/{run.run_id}/onnx", f"runs:/{run.run_id}/onnx/model.onnx"):
        with no_file_larger_than(100), pytest.raises(TrackingError, match="not allowed here"):
            score_run.load_model(address)
    with pytest.raises(DataError, match=f"no model runs:/{run.run_id}/never"):
        score_run.load_model(f"runs:/{run.run_id}/never")
    with pytest.raises(UsageError, match="which is not in"):
        download_run(client, "0" * 32, tmp_path / "here")


@pytest.mark.parametrize("err", [ValueError("x"), KeyError("MemoryError"), OSError(2, "no file")])
def test_any_other_failure_stays_unexpected(err: Exception) -> None:
    assert causes.translate_failure(err) is None


@FULL
@pytest.mark.parametrize("places", [1, 2, 3])
def test_what_a_full_disk_does_not_take_is_kept_in_the_next_place(
    places: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    evidence = tracked.evidence(tmp_path / "there")
    evidence = replace(evidence, folder=tmp_path / "disk" / "out")
    wanted = [evidence.folder, (artifacts.KEPT / "run-1").resolve(), tmp_path / "temp" / "run-1"]

    def fill(training: Any) -> None:
        (training.folder / "part").write_text("half")
        if any(training.folder.parent == place.parent for place in wanted[:places]):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(artifacts, "_fill", fill)
    if places == len(wanted):
        with pytest.raises(OSError, match="No space"):
            artifacts.write_with_fallback(evidence, "run-1")
    else:
        assert artifacts.write_with_fallback(evidence, "run-1").folder == wanted[places]
        assert str(wanted[places]) in caplog.text
    found = [place for place in wanted if place.exists()]
    assert found == wanted[places : places + 1]
    drafts = [file for file in tmp_path.rglob("part") if file.parent not in found]
    assert not drafts


@FULL
@pytest.mark.long
def test_a_disk_that_is_full_under_a_score_keeps_the_earlier_file(tmp_path: Path) -> None:
    model, data = tmp_path / "model.onnx", tmp_path / "rows.csv"
    model.write_bytes(small_models.regression())
    tracked.frame(20_000).to_csv(data, index=False)
    with small_disk(tmp_path, "64k") as disk:
        (disk / "o.csv").write_text("earlier")
        arguments = ["--model", str(model), "--data", str(data), "--output", str(disk / "o.csv")]
        refused(CliRunner().invoke(score.app, arguments), 3, "No space left on device")
        assert (disk / "o.csv").read_text() == "earlier"
        assert [file.name for file in disk.iterdir()] == ["o.csv"]


@pytest.mark.long
def test_the_doctor_says_what_it_meets_as_a_finding(locked: Path) -> None:
    (found,) = (f for f in check_store.check([]) if f.status == "problem")
    assert "locked" in found.found


ROWS = {
    "`model.onnx` is cut off": "test_damaged_models: every test",
    "a table, `config/report.json`": "report/test_damaged: every test",
    "the SQLite file of the store": "test_a_locked_store_is_called_locked_and_is_7, "
    "test_a_missing_driver_is_named_and_is_7, test_a_disk_that_is_full_under_the_store, "
    "test_a_training_keeps_what_a_locked_store_does_not_take",
    "too little memory": "test_a_lack_of_memory_is_called_that, "
    "test_no_stage_takes_a_lack_of_memory_for_a_fault_of_the_table",
    "the disk of `--output`": "test_a_disk_that_is_full_under_output_keeps_the_model_elsewhere",
    "the disk of what `score`": "test_a_disk_that_is_full_under_a_score_keeps_the_earlier_file",
    "another disk is full": "test_a_full_disk_of_ours_is_called_that, "
    "test_what_the_machine_refuses_is_no_bug, "
    "test_files_that_may_not_grow_leave_a_warm_store_as_it_was",
    "the folder of the store": "test_read_only: a training in a folder that is read-only",
    "the folder of `--output`": "test_read_only: an output; a mounted disk",
    "a worker is killed": "test_killed: the OOM killer on a worker; a worker that is killed",
    "the process itself is killed": "test_killed: the OOM killer on the training; a whole group",
    "the clock is moved": "test_clock: every test",
    "another training writes": "test_together: test_two_trainings_with_one_output",
    "the doctor": "test_the_doctor_says_what_it_meets_as_a_finding",
}
"""Which tests produce a line of the table in docs/failures.md."""


def test_every_line_of_the_table_in_the_docs_has_its_tests() -> None:
    text = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
    table = text.partition("\nEach line")[0]
    lines = [line.removeprefix("| ") for line in table.splitlines() if line.startswith("| ")]
    assert len(lines) == len(ROWS) + 1  # its head
    for line, (begins, tests) in zip(lines[1:], ROWS.items(), strict=True):
        assert line.startswith(begins)
        assert all(name in globals() or ":" in name for name in tests.split(", "))


@FULL
@pytest.mark.long
def test_a_disk_that_is_full_under_output_keeps_the_model_elsewhere(
    ready: Preloaded, tmp_path: Path
) -> None:
    with small_disk(tmp_path, "64k") as disk:
        (tmp_path / "t.csv").write_text(TABLE)
        done = ready.ended(tmp_path, *SMALL, "--output", "disk/out")
        assert done.returncode == 1, done.stdout + done.stderr
        assert not any(disk.iterdir())
    (kept,) = (tmp_path / "mlruns" / "kept").iterdir()
    assert f"the trained model is kept at {kept}" in done.stderr
    assert "Traceback" not in done.stderr
    assert Scorer(kept / "onnx" / "model.onnx").manifest.verdict == "pass"
    assert "(champion)" in done.stdout


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own below a folder."""
    needed(shutil.which("mount") if os.geteuid() == 0 else None, "right to mount a small disk")
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


@FULL
@pytest.mark.long
def test_a_disk_that_is_full_under_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path, "8m") as disk:
        tracked.enter(disk, monkeypatch)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free))
        with pytest.raises(TrackingError, match="no space is left on the disk"):
            tracked.log(mlflow_run.Run("e", "r", offline="no"), tracked.evidence(tmp_path / "out"))
        assert (tmp_path / "out" / "onnx" / "model.onnx").is_file()
        monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory, ready: Preloaded) -> tuple[Path, Preloaded]:
    """A working folder with a champion, and what mends it."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "t.csv").write_text(TABLE)
    done = ready.ended(folder, *SMALL)
    assert done.returncode == 0, done.stderr
    return folder, ready


SMALL = ("--data", "t.csv", "--target", "y", "--include", "dt", "--fold", "2")


@pytest.mark.long
@pytest.mark.parametrize(
    ("kilobytes", "code", "options"),
    [(20, 7, ()), (20, 1, ("--promote", "a test")), (900, 7, ())],
    ids=["the champion's files", "the artifacts", "the store"],
)
@pytest.mark.attack(
    "files that may not grow (ulimit -f)",
    "1 or 7 with the cause, registry as it was",
)
def test_files_that_may_not_grow_leave_a_warm_store_as_it_was(
    warm: tuple[Path, Preloaded],
    tmp_path: Path,
    kilobytes: int,
    code: int,
    options: tuple[str, ...],
) -> None:
    command = f'ulimit -f {kilobytes}; exec "$@"'
    training = ("-m", "pipeline.train", *SMALL, "--seed", "2", *options)
    done = subprocess.run(
        ["bash", "-c", command, "bash", sys.executable, *training],
        cwd=warm[0],
        env=environment(TMPDIR=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert not any(word in done.stderr for word in CHATTER), done.stderr
    untouched(*warm)


@pytest.mark.long
@pytest.mark.attack("a disk that fills up in the middle of a training", "7, registry as it was")
def test_a_disk_that_fills_up_in_a_training_leaves_a_warm_store_as_it_was(
    ready: Preloaded, tmp_path: Path
) -> None:
    with small_disk(tmp_path, "48m") as disk:
        (disk / "t.csv").write_text(TABLE)
        assert ready.ended(disk, *SMALL).returncode == 0
        for kilobytes in (8, 60, 200, 500):  # it breaks off at another place each time
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(shutil.disk_usage(disk).free - 1024 * kilobytes))
            options = ("--seed", str(kilobytes))
            done = ready.ended(disk, *SMALL, *options)
            assert done.returncode == 7, done.stdout + done.stderr
            assert "no space is left on the disk" in done.stderr
            assert not any(word in done.stderr for word in CHATTER), done.stderr
            ballast.unlink()
            untouched(disk, ready)


def untouched(folder: Path, ready: Preloaded) -> None:
    """The doctor mends what there is; the first version is the only one and the champion."""
    done = ready.ended(folder, "--fix", "--json", module="pipeline.doctor")
    found = json.loads(done.stdout)
    wrong = [f for f in found["findings"] if f["status"] == "problem" and f["check"] != "disk"]
    assert not wrong, done.stdout
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    (version,) = client.search_model_versions("name = 't'")
    assert client.get_registered_model("t").aliases == {"champion": version.version}
    assert "registering" not in version.tags
