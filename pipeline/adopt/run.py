"""Runs an adoption, be the sample a table or arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.adopt.framework import find_framework
from pipeline.adopt.publication import Publication, write_publication
from pipeline.adopt.sample import Sample, make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import UsageError
from pipeline.system.progress import Progress, Silent


def adopt_source(
    model: Any,
    sample: Sample,
    config: AdoptConfig,
    progress: Progress | None = None,
    run_id: str | None = None,
) -> Publication:
    """Adopt a model, be its sample a table or arrays; what is to be published of it.

    Args:
        run_id: of the MLflow run that keeps it, for its manifest.

    Raises:
        UsageError, DataError, ConversionError: model, sample and settings do not fit each other,
            or the model has no graph that would answer as it does.
    """
    from pipeline.adopt.array_model import adopt_model
    from pipeline.adopt.describe_table import describe_adopted_table
    from pipeline.adopt.describe_tensors import describe_adopted
    from pipeline.adopt.table import adopt_table_model

    framework = find_framework(model)
    if sample.frame is None or not getattr(framework, "takes_tables", False):
        return describe_adopted(adopt_model(model, sample, config, progress, run_id))
    named = f"{framework.name} {framework.find_version()}"
    (progress or Silent()).stage("verify", f"the graph of columns against {named}")
    framework.check(model)
    config.refuse_for_table()
    found = adopt_table_model(model, sample.frame, config.name, config.target, run_id)
    return describe_adopted_table(*found, named, sample.frame)


def adopt(model: Any, sample: Any, name: str, folder: Path, **settings: Any) -> Publication:
    """Adopt a model from Python: prove its graph and write it, with its evidence, into a folder.

    Args:
        model: a fitted model of any framework of `pipeline.adopt.framework`.
        sample: arrays by input, one array, or a DataFrame: rows that the model takes.
        name: of the model.
        folder: new or empty; gets `onnx/`, `reports/` and `tables/`.
        settings: as in adopt.toml.

    Raises:
        UsageError, DataError, ConversionError: as `adopt_source` does.
        ParityError: the graph does not answer as the model does; the folder holds the evidence.
    """
    if (folder := Path(folder)).exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(
            f"folder: got {str(folder)!r}, which is there, expected a new or empty folder",
            hint="Give another folder",
        )
    publication = adopt_source(model, make_sample(sample), AdoptConfig(name=name, **settings))
    write_publication(folder, publication)
    publication.refuse()
    return publication
