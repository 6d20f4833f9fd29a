"""Nothing phones home: no name is looked up and no address beyond this machine is reached.

onnxruntime and MLflow do so by default, unless a variable such as CI is set. Each proof has its
control: the same library, left to itself, is caught by the same watch.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import network, small_models, tracked
from tests.commands import LIMIT, ROOT, WholeRun, environment, needed, python, whole_run

pytestmark = pytest.mark.slow

LEFT_TO_ITSELF = {
    "onnxruntime": """
        import sys, onnxruntime
        session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
        print("open", flush=True)
        sys.stdin.read()
    """,
    "mlflow": """
        import sys, mlflow
        mlflow.MlflowClient().create_experiment("control")
        print("open", flush=True)
        sys.stdin.read()
    """,
}
SCORER = """
    import sys
    from pipeline.scorer import Scorer
    scorer = Scorer("model.onnx")
    values = {"number": 60.5, "text": "yes", "boolean": True, "date": "1990-01-01"}
    row = {column.name: values[column.kind] for column in scorer.manifest.inputs}
    print("open", flush=True)
    for line in sys.stdin:
        print(scorer.predict_one(row)["prediction_label"], flush=True)
"""


@dataclass(frozen=True)
class Watched:
    """A process under watch that lives until its stdin is closed."""

    process: subprocess.Popen[str]
    folder: Path
    log: Path

    def attempts(self) -> tuple[str, ...]:
        return network.attempts(self.log)

    def until_caught(self) -> tuple[str, ...]:
        """Wait for the first attempt; onnxruntime makes it after ten seconds."""
        deadline = time.monotonic() + LIMIT
        while not self.attempts():
            assert self.process.poll() is None, "ended before it tried anything"
            assert time.monotonic() < deadline, "never tried anything"
            time.sleep(0.1)
        return self.attempts()

    def ask(self) -> str:
        """Send an empty line, and return the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp()


@pytest.fixture(scope="module")
def shim(base: Path) -> Path:
    built = network.shim(base)
    needed(built and str(built), "C compiler, so nobody can watch what a process looks up,")
    assert built is not None
    return built


@pytest.fixture(scope="module")
def watched(shim: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Watched]]:
    """A scorer and the controls, each under watch; they spend their time waiting.

    A control starts when the one before is open, so that the scorer is older than all of them.
    """
    processes = {}
    for name, code in {"scorer": SCORER, **LEFT_TO_ITSELF}.items():
        folder = tmp_path_factory.mktemp(name)
        (folder / "model.onnx").write_bytes(small_models.regression())
        with pytest.MonkeyPatch.context() as patch:
            tracked.enter(folder, patch)
        processes[name] = _start(code, folder, shim)
        assert processes[name].answer() == "open"
    yield processes
    for each in processes.values():
        each.process.communicate()


def _start(code: str, folder: Path, shim: Path) -> Watched:
    log = folder / "network.log"
    homes = {name: str(folder / "home") for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR")}
    (folder / "home").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", "if True:" + code],
        cwd=folder,
        env=environment(**homes, **network.watched(shim, log)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Watched(process, folder, log)


@pytest.fixture(scope="module")
def training(watched: dict[str, Watched], base: Path) -> WholeRun:
    """A whole training, while the others wait for onnxruntime's ten seconds to pass."""
    return whole_run(base)


def test_a_training_reaches_for_nothing(watched: dict[str, Watched], training: WholeRun) -> None:
    assert any("mlflow" in name for name in watched["mlflow"].until_caught())
    assert training.process.returncode == 0, training.process.stderr
    assert training.attempts == ()


def test_a_scorer_reaches_for_nothing_though_it_outlives_the_first_attempts_without_it(
    watched: dict[str, Watched], training: WholeRun
) -> None:
    scorer, control = watched["scorer"], watched["onnxruntime"]
    prediction = scorer.ask()
    assert any("microsoft" in name for name in control.until_caught())
    assert float(scorer.ask()) == float(prediction)
    assert scorer.attempts() == ()


def test_onnxruntime_queues_nothing_for_later(
    watched: dict[str, Watched], training: WholeRun
) -> None:
    control, scorer = watched["onnxruntime"], watched["scorer"]
    control.until_caught()
    assert list((control.folder / "home").iterdir())
    assert list((scorer.folder / "home").iterdir()) == []


def test_scoring_a_registered_model_reaches_for_nothing(
    training: WholeRun, shim: Path, tmp_path: Path
) -> None:
    log, data = tmp_path / "network.log", ROOT / "datasets" / "insurance.csv"
    options = ["--model", "models:/insurance@champion", "--data", str(data)]
    options += ["--output", str(tmp_path / "scored.csv")]
    watch = network.watched(shim, log)
    done = python("-m", "pipeline.score", *options, folder=training.folder, **watch)
    assert done.returncode == 0, done.stderr
    assert "Downloading" not in done.stderr  # a log is no place for MLflow's progress bars
    assert network.attempts(log) == ()
