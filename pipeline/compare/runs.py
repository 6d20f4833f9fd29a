"""Loads what a training has left, from MLflow or from an artifact folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.config.train_config import read_toml
from pipeline.errors import ConfigError, UsageError
from pipeline.registry.model_uri import MODELS, find_run
from pipeline.report.chapters import AGAIN, check_holdout, read_tables
from pipeline.report.page import read_facts
from pipeline.runtime import integrity

SETTINGS = Path("config", "train.toml")
MODEL = Path("onnx", "model.onnx")


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """One of the two.

    Attributes:
        letter: A, the older one, or B.
        address: as it was given.
        id: of the run in MLflow, or the folder's name.
        facts: words and figures of its report.
        tables: by file name.
        settings: what it was trained with.
    """

    letter: str
    address: str
    id: str
    folder: Path
    facts: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, Any]

    @property
    def figures(self) -> Mapping[str, Any]:
        figures: Mapping[str, Any] = self.facts["figures"]
        return figures

    @property
    def features(self) -> list[str]:
        return [column["name"] for column in self.figures["columns"]]

    @property
    def model(self) -> Path | None:
        """The ONNX file, if there is one."""
        file = self.folder / MODEL
        return file if file.is_file() else None

    @property
    def short(self) -> str:
        """A few letters for the name of a folder."""
        return re.sub(r"[^\w.-]+", "-", self.id)[:7]


def open_run_of_comparison(letter: str, address: str, place: Path) -> ComparedRun:
    """A run by its id, its version in the registry, or its artifact folder.

    Args:
        letter: A or B.
        address: what the command line says.
        place: an empty folder for what is fetched.

    Raises:
        UsageError: there is no such run, or it is not one that a training has finished.
        DataError: its `onnx/` is not as it was written, or another of its files is damaged.
        ConfigError: its settings are damaged.
        TrackingError: the store does not answer.
    """
    if Path(address).is_dir():
        if (model := Path(address) / MODEL).is_file():
            integrity.verify_folder(model.parent)
        return _read(letter, address, Path(address))
    from pipeline.registry.download import connect_existing, download_run

    if "/" in address and not address.startswith(MODELS):
        raise UsageError(
            f"got {address!r}, which is no folder here, expected one that a training wrote",
            hint="give the folder, a run's id, or models:/NAME@champion",
        )
    client = connect_existing()
    run_id = find_run(client, address) if address.startswith(MODELS) else address
    return _read(letter, address, download_run(client, run_id, place), run_id)


def _read(letter: str, address: str, folder: Path, run_id: str = "") -> ComparedRun:
    facts = read_facts(folder)
    if "figures" not in facts:
        raise UsageError(
            f"got {address!r}, which an earlier version of this project wrote, "
            "expected a run with figures to compare",
            hint="train it again: config/train.toml has its settings",
        )
    manifest = facts["manifest"] or {}
    tables = read_tables(folder)
    check_holdout(folder, facts, tables)
    return ComparedRun(
        letter=letter,
        address=address,
        id=run_id or manifest.get("run_id") or folder.resolve().name,
        folder=folder,
        facts=facts,
        tables=tables,
        settings=_settings(folder / SETTINGS),
    )


def _settings(file: Path) -> dict[str, Any]:
    """What the run was trained with; nothing where nobody kept that."""
    try:
        return read_toml(file) if os.path.lexists(file) else {}
    except ConfigError as err:
        raise ConfigError(err.message, hint=AGAIN) from err


def require_comparable(a: ComparedRun, b: ComparedRun) -> None:
    """Refuse two runs that answer different questions.

    Raises:
        UsageError: their tasks or targets differ.
    """
    for key, what in (("task", "the task"), ("target", "the target")):
        if a.facts[key] != b.facts[key]:
            raise UsageError(
                f"{what} of A is {a.facts[key]!r}, that of B is {b.facts[key]!r}: "
                "expected two runs that predict the same",
                hint="compare runs of one target",
            )
