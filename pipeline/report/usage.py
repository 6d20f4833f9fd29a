"""Shows how to predict with the model, and how to train it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.report import code_snippets
from pipeline.report.code_snippets import SnippetRow
from pipeline.track.training_result import Converted, TrainingResult

MOST_COLUMNS = 24
"""A row of more columns is too long for an example."""

NODE_PACKAGE = "onnxruntime-node@1.30.0"
PORT = 5001
"""Not 5000, where `mlflow ui` listens."""


SHELL = 'export PATH="$PWD/.venv/bin:$PATH" PYTHONPATH="$PWD"'
"""Makes this project's programs and modules those of a shell, wherever that goes then."""


@dataclass(frozen=True)
class Usage:
    """One way to score: a heading, what to know before, and code to copy block by block."""

    title: str
    note: str
    code: tuple[str, ...]


def list_usages(evidence: Converted) -> tuple[Usage, ...]:
    """Every way that this model can be scored in, each with the table's first row if it is short.

    What needs the registry is there only for models that were to be registered.
    """
    inputs = evidence.model.manifest.inputs
    is_short = len(inputs) <= MOST_COLUMNS
    row = SnippetRow.first(inputs, evidence.dataset.frame) if is_short else None
    address = find_model_address(evidence)
    folder = (_command_line(address), _scorer(row), *_bare(evidence, row))
    return folder if address is None else (*folder, *_mlflow(address, row))


def _command_line(address: str | None) -> Usage:
    models = ["onnx/model.onnx", *([] if address is None else [address])]
    note = "Reads CSV, Excel, Parquet and JSON Lines; writes CSV or Parquet."
    if address is not None:
        note += " The second line takes the model from the registry instead of this folder."
    return Usage("A file, from the command line", note, tuple(map(_score, models)))


def _score(model: str) -> str:
    options = ["--data", "new.csv", "--output", "scored.csv"]
    return _command(["pipeline.score", "--model", model], options)


def _scorer(row: SnippetRow | None) -> Usage:
    code = (
        (code_snippets.SCORER_FRAME,) if row is None else (row.scorer(), code_snippets.SCORER_FRAME)
    )
    note = "Every value is checked: what does not fit its column is refused with row and column."
    return Usage("Python, with this project", note, code)


def _bare(evidence: Converted, row: SnippetRow | None) -> Iterator[Usage]:
    """Without this project: the tensors are made by hand."""
    if row is None:
        return
    manifest = evidence.model.manifest
    note = "Nothing checks the values: give text as strings, and finite numbers within ±3.4e38."
    if manifest.requires:
        note += f" The operators of {' and '.join(manifest.requires)} come with the package."
    yield Usage("Python, with onnxruntime and numpy alone", note, (row.onnxruntime(),))
    integers = any(output.type == "tensor(int64)" for output in manifest.outputs)
    install = f"ONNXRUNTIME_NODE_INSTALL=skip npm install {NODE_PACKAGE}"
    note += " The variable keeps npm from fetching files for graphics cards."
    yield Usage("Node.js", note, (install, row.node(integers=integers)))


def _mlflow(address: str, row: SnippetRow | None) -> Iterator[Usage]:
    """From the registry, which is found by `MLFLOW_TRACKING_URI` or lies in the folder."""
    note = "Where mlflow.db lies, or with MLFLOW_TRACKING_URI set. Columns that the model does "
    note += "not take are ignored; a missing one, or a value that does not fit, is refused."
    if row is None:
        frame = code_snippets.PYFUNC_FRAME.format(model=code_snippets.python_literal(address))
        yield Usage("Python, with MLflow", note, (frame,))
        return
    yield Usage("Python, with MLflow", note, (row.pyfunc(address),))
    serve = ["mlflow", "models", "serve", "-m", address, "--env-manager", "local"]
    serve += ["-h", "127.0.0.1", "-p", str(PORT)]
    curl = row.curl(f"http://127.0.0.1:{PORT}/invocations")
    note += " The second block asks the running service; a refusal is an answer with status 400."
    yield Usage("A web service, with MLflow", note, (shlex.join(serve), curl))


def find_model_address(evidence: Converted) -> str | None:
    """The model's address in the registry; None if it was not to be registered."""
    if not (evidence.parity.passed and evidence.config.register):
        return None
    return f"models:/{evidence.dataset.spec.name}@champion"


def compose_train_command(evidence: TrainingResult) -> str:
    """The command line that trains the same model from the same file and settings."""
    config = evidence.config
    table = [] if config.data is None else ["--data", str(config.data)]
    if config.dataset is not None or config.data is None:
        table = ["--dataset", config.dataset or evidence.dataset.spec.name, *table]
    else:
        table += ["--target", evidence.dataset.spec.target]
    return _command(["pipeline.train", "--config", "config/train.toml"], table)


def _command(*parts: Iterable[str]) -> str:
    return shlex.join(["python", "-m", *(word for part in parts for word in part)])
