"""Writes the artifact folder of a run: first aside, then in place by one rename."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config.sections import FUNCTIONS
from pipeline.errors import ConfigError, LockedError
from pipeline.rendering.tables import write_table
from pipeline.track.training_result import Converted, TrainingResult

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig

logger = logging.getLogger(__name__)

KEPT = Path("mlruns", "kept")
"""Where artifacts stay when no tracking server took them and no --output was given."""

MARK = Path("pickle", "pipeline.pkl.sha256")
"""A folder that holds this file is one of ours and may be replaced."""

_CLAIMS: dict[Path, list[int]] = {}
"""Folders that this process writes to, and the descriptors that hold their locks."""

UNTRUSTED = """pipeline.pkl is a pickle: loading it runs code that it holds. Load it only if you \
trust where it comes from, and only with the versions in ../config/requirements.txt:

    import joblib
    pipeline = joblib.load("pipeline.pkl")
"""

BESIDE = """
The ONNX file beside it needs no trust in code and predicts the same.
"""


def check_writable(output: Path | None) -> None:
    """Find out before training whether the artifacts can be written.

    Raises:
        ConfigError: the place is no folder of ours, or cannot be written to.
    """
    if output is None:
        return
    if output.exists() and not _ours(output):
        raise ConfigError(
            f"output: got {str(output)!r}, which exists and holds something else, "
            "expected a new or empty folder, or one written by an earlier run",
            hint="Give another --output",
        )
    if output.is_mount():
        raise ConfigError(
            f"output: got {str(output)!r}, where a disk is mounted, expected a folder that can be "
            "replaced by a whole one",
            hint=f"Give a folder in it: --output {output / 'model'}",
        )
    try:
        with _aside(output):
            pass
    except OSError as err:
        reason = "Not a directory" if isinstance(err, FileExistsError) else err.strerror
        raise ConfigError(
            f"output: cannot write to {str(output.parent)!r} ({reason})",
            hint="Give another --output, or the rights to write there",
        ) from err


@contextmanager
def claim_output(output: Path | None) -> Iterator[None]:
    """Keep --output for one training, which logs its files from there; others are refused at once.

    The lock is the system's and lies on the folder itself: it ends with the process, `kill -9`
    included, and leaves nothing.

    Raises:
        LockedError: another training has it.
    """
    if output is None:
        yield
        return
    folder, is_new = output.resolve(), not output.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _claim(folder):
            yield
    finally:
        if is_new:
            with suppress(OSError):  # it holds artifacts
                folder.rmdir()


@contextmanager
def _claim(folder: Path) -> Iterator[None]:
    """The lock on a folder, which `_put_in_place` gives to the folder that replaces it, too."""
    try:
        _CLAIMS[folder] = [_lock_folder(folder)]
    except BlockingIOError as err:
        raise LockedError(
            f"output: got {str(folder)!r}, which another training is writing to, "
            "expected a folder for this one alone",
            hint="Give another --output, or let the other one end",
        ) from err
    try:
        yield
    finally:
        for descriptor in _CLAIMS.pop(folder):
            os.close(descriptor)


def _lock_folder(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError as err:  # a file system that knows no locks
        logger.debug("no lock on %s: %s", folder, err)
    return descriptor


def write_with_fallback(evidence: TrainingResult, name: str) -> TrainingResult:
    """Write every artifact, and where the disk does not take them, in the next place that does.

    Args:
        evidence: what a training of hours may have taken.
        name: of the run.

    Returns:
        The training with the folder that holds its artifacts.

    Raises:
        OSError: no place takes them.
    """
    wanted, last = evidence.folder, Path(tempfile.gettempdir(), name)
    for folder in dict.fromkeys([wanted, (KEPT / name).resolve(), last]):
        placed = replace(evidence, folder=folder)
        try:
            write_artifacts(placed)
        except OSError as err:
            logger.warning("%s cannot be written: %s", folder, err.strerror or err)
            if folder == last:
                raise
            continue
        if folder != wanted:
            logger.warning("the training is kept elsewhere: %s", folder)
        return placed
    raise AssertionError


def write_artifacts(evidence: TrainingResult) -> None:
    """Write every artifact of a run to `evidence.folder`, whole or not at all."""
    with _aside(evidence.folder) as draft:
        _fill(replace(evidence, folder=draft))
        _put_in_place(draft, evidence.folder)


def _fill(evidence: TrainingResult) -> None:
    from pipeline import report
    from pipeline.gate import holdout as rows

    if isinstance(evidence, Converted):
        _write_onnx(evidence)
        _write_parity(evidence)
    _write_pickle(evidence)
    _write_leaderboard(evidence)
    _write_audit(evidence)
    rows.write_seen_rows(evidence.folder, evidence.dataset.frame)
    _write_config(evidence)
    report.write_report(evidence.folder, evidence)


def _write_onnx(evidence: Converted) -> None:
    from pipeline.export import feed_contract

    folder, inputs = _folder(evidence, "onnx"), evidence.model.manifest.inputs
    (folder / "model.onnx").write_bytes(evidence.model.data)
    (folder / "manifest.json").write_text(evidence.model.manifest.to_json(), encoding="utf-8")
    (folder / "golden.json").write_text(evidence.parity.golden.to_json(), encoding="utf-8")
    (folder / feed_contract.FILE).write_text(
        feed_contract.render_feed_cases(inputs), encoding="utf-8"
    )


def _write_pickle(evidence: TrainingResult) -> None:
    import joblib

    file = _folder(evidence, "pickle") / "pipeline.pkl"
    joblib.dump(evidence.trained.pipeline, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_name("pipeline.pkl.sha256").write_text(f"{digest}  {file.name}\n")
    beside = BESIDE if isinstance(evidence, Converted) else ""
    file.with_name("README.txt").write_text(UNTRUSTED + beside)


def _write_leaderboard(evidence: TrainingResult) -> None:
    leaderboard = evidence.trained.leaderboard.rename_axis("id").reset_index()
    write_table(_folder(evidence, "tables") / "leaderboard.json", leaderboard)


def _write_audit(evidence: TrainingResult) -> None:
    import pandas as pd

    names = ("check", "level", "columns", "text", "todo")
    rows = [{**vars(alarm), "columns": ", ".join(alarm.columns)} for alarm in evidence.audit.alarms]
    fired = {row["check"] for row in rows}
    rows += [{"check": c, "level": "clean"} for c in evidence.audit.checks if c not in fired]
    table = pd.DataFrame(rows, columns=list(names)).fillna("")
    write_table(_folder(evidence, "tables") / "audit.json", table)


def _write_parity(evidence: Converted) -> None:
    import pandas as pd

    folder, parity = _folder(evidence, "tables"), evidence.parity
    write_table(folder / "parity.json", pd.DataFrame(parity.table))
    write_table(folder / "worst_rows.json", pd.DataFrame(parity.worst))
    summary = {"passed": parity.passed, "text": parity.text, **parity.summary}
    (folder / "parity_summary.json").write_text(json.dumps(summary, indent=2))


def _write_config(evidence: TrainingResult) -> None:
    import tomli_w

    from pipeline.drift import Baseline
    from pipeline.export.model import list_versions

    folder = _folder(evidence, "config")
    spec = evidence.dataset.spec.model_dump(mode="json", exclude_none=True)
    spec["file"] = evidence.dataset.path.name
    (folder / "dataset.toml").write_text(tomli_w.dumps(spec), encoding="utf-8")
    (folder / "train.toml").write_text(
        tomli_w.dumps(dump_config(evidence.config)), encoding="utf-8"
    )
    pins = [f"{name}=={version}" for name, version in list_versions().items()]
    (folder / "requirements.txt").write_text("\n".join(pins) + "\n")
    baseline = Baseline.of(evidence.dataset).to_json()
    (folder / "baseline.json").write_text(baseline, encoding="utf-8")


def dump_config(config: TrainConfig) -> dict[str, Any]:
    """A config that `--config` reads back, wherever the file lies.

    None is left out at the top and written "none" below it. `output` is not part of the recipe,
    nor is `notify`, whose webhook may be a secret that all who see the run could read.
    """
    aside = {"output", "notify"}
    values: dict[str, Any] = config.model_dump(mode="json", exclude_none=True, exclude=aside)
    if config.data is not None:
        values["data"] = str(config.data.resolve())
    for section in (name for name in FUNCTIONS if name in values):
        given = getattr(config, section)
        values[section] = {k: "none" if v is None else v for k, v in given.items()}
    return values


def _folder(evidence: TrainingResult, name: str) -> Path:
    folder = evidence.folder / name
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A temporary folder beside the wanted one; gone afterwards unless it was moved."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}-{os.getpid()}-{secrets.token_hex(4)}")
    try:  # from here: a signal may end the run as soon as the folder is there
        draft.mkdir(mode=0o700)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _put_in_place(draft: Path, folder: Path) -> None:
    draft.chmod(0o755)  # it was private
    if folder in _CLAIMS:
        _CLAIMS[folder].append(_lock_folder(draft))
    retired = draft.with_name(draft.name + "-old")
    with suppress(FileNotFoundError):  # there was none
        folder.rename(retired)
    draft.rename(folder)
    shutil.rmtree(retired, ignore_errors=True)


def _ours(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MARK).is_file() or not any(folder.iterdir()))
