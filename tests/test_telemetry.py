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
from tests.commands import LIMIT, WholeRun, environment, whole_run

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
    inputs = [column.name for column in scorer.manifest.inputs]
    print("open", flush=True)
    for line in sys.stdin:
        scorer.predict({name: [] for name in inputs})
        print("done", flush=True)
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
        """Send a line, and return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp()


@pytest.fixture(scope="module")
def shim(base: Path) -> Path:
    built = network.shim(base)
    if built is None:
        pytest.skip("no C compiler, so nobody can watch what a process looks up")
    return built


@pytest.fixture(scope="module")
def watched(shim: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Watched]]:
    """The controls and a scorer, side by side; they spend their time waiting."""
    codes = {**LEFT_TO_ITSELF, "scorer": SCORER}
    processes = {}
    for name, code in codes.items():
        folder = tmp_path_factory.mktemp(name)
        (folder / "model.onnx").write_bytes(small_models.regression())
        with pytest.MonkeyPatch.context() as patch:
            tracked.enter(folder, patch)
        processes[name] = _start(code, folder, shim)
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


def test_a_training_reaches_for_nothing(
    watched: dict[str, Watched], training: WholeRun
) -> None:
    assert any("mlflow" in name for name in watched["mlflow"].until_caught())
    assert training.process.returncode == 0, training.process.stderr
    assert training.attempts == ()


def test_a_scorer_reaches_for_nothing_though_it_outlives_the_first_attempts_without_it(
    watched: dict[str, Watched], training: WholeRun
) -> None:
    scorer, control = watched["scorer"], watched["onnxruntime"]
    assert scorer.process.stdout is not None
    assert scorer.process.stdout.readline() == "open\n"
    assert any("microsoft" in name for name in control.until_caught())
    assert scorer.ask() == "done\n"
    assert scorer.attempts() == ()


def test_onnxruntime_queues_nothing_for_later(
    watched: dict[str, Watched], training: WholeRun
) -> None:
    control, scorer = watched["onnxruntime"], watched["scorer"]
    control.until_caught()
    assert list((control.folder / "home").iterdir())
    assert list((scorer.folder / "home").iterdir()) == []
