"""Names registered models, each for one task and one target."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.manifest import Manifest
from pipeline.track import store

if TYPE_CHECKING:
    from pipeline.config.train_config import DatasetSpec


def check_model_name(spec: DatasetSpec) -> str | None:
    """Refuse a name whose registered model predicts something else, before a run is opened.

    Returns:
        The name in the registry; None where there is no such model yet, or no registry that
        answers: `register` has the last word.

    Raises:
        ConfigError: as `register` would at the end.
    """
    name = model_name(spec.name)
    try:
        store.check_default_store()
        if (file := store.sqlite_file()) is not None and not file.exists():
            return None  # asking a missing store would make one
        known = store.connect().get_registered_model(name).tags
    except Exception:  # noqa: BLE001  MLflow, requests and SQLAlchemy share no base class
        return None
    refuse_other_subject(name, subject_tags(spec), known)
    return name


def model_name(dataset: str) -> str:
    """A dataset's name as the registry takes it."""
    return re.sub("[/:]", "-", dataset)  # the two characters that MLflow refuses


def subject_tags(about: DatasetSpec | Manifest) -> Mapping[str, str]:
    """What a model predicts, as tags of the registered model."""
    return {"task": about.task, "target": about.target}


def refuse_other_subject(name: str, subject: Mapping[str, str], known: Mapping[str, str]) -> None:
    """Refuse a registered model that predicts something else.

    Args:
        subject: what the new version predicts.
        known: the tags of the registered model.

    Raises:
        ConfigError: task or target are others.
    """
    differs = {k: known[k] for k, v in subject.items() if known.get(k, v) != v}
    if differs:
        raise ConfigError(
            f"the registered model {name!r} predicts something else: got {dict(subject)}, "
            f"expected {differs} as in its versions so far",
            hint="nothing is registered: give the model another name with --name, or train with "
            "--no-register",
        )
