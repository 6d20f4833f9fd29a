"""Writes a bundle: the model, its proof, and what scores and verifies it on another runtime."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bundle import (
    arm64,
    aws_lambda,
    browser,
    c,
    csharp,
    go,
    java,
    node,
    page,
    python,
    r,
    tensors,
)
from pipeline.bundle.model_files import CASES, GOLDEN, BundleSource, TensorSource
from pipeline.bundle.target import Target
from pipeline.errors import ConfigError, DataError, UsageError

if TYPE_CHECKING:
    from pipeline.manifest import Manifest

TARGETS: Mapping[str, Target] = {
    each.name: each
    for each in (
        *(python.TARGET, node.TARGET, browser.TARGET, page.TARGET, c.TARGET, go.TARGET),
        *(java.TARGET, csharp.TARGET, r.TARGET, arm64.TARGET),
        *aws_lambda.TARGETS.values(),
    )
}
SUMS = "SHA256SUMS"


def write_bundle(
    source: BundleSource | TensorSource,
    target: str | Target,
    folder: Path,
    *,
    with_personal_data: bool = False,
) -> None:
    """Write a folder that scores with one model on one runtime; whole, or not at all.

    Args:
        source: the model.
        target: one of `TARGETS` by its name, or another.
        folder: where it goes; it must not be there yet, or be empty.
        with_personal_data: hand out values of text columns that may be personal, as well.

    Raises:
        UsageError: the model holds such values.
        DataError: the runtime cannot have it.
        ConfigError: the folder cannot be written.
    """
    if isinstance(source, BundleSource) and not with_personal_data:
        _refuse_personal(source.manifest)
    _refuse_taken(folder)
    files = render_bundle(source, TARGETS[target] if isinstance(target, str) else target)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as err:
        raise ConfigError(f"cannot write {folder}: {err.strerror or err}") from err
    try:
        _fill(draft, files)
        os.chmod(draft, 0o755)  # noqa: PTH101  mkdtemp's is private
        draft.replace(folder)
    except OSError as err:
        raise ConfigError(f"cannot write {folder}: {err.strerror or err}") from err
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_every_bundle(
    source: BundleSource | TensorSource, folder: Path, *, with_personal_data: bool = False
) -> dict[str, str]:
    """Write a bundle for every target, each in a folder of its name.

    Returns:
        By target, why it cannot have this model; empty where its bundle is written.

    Raises:
        UsageError, ConfigError: as `write_bundle`.
    """
    _refuse_taken(folder)
    refusals = {}
    for name, target in TARGETS.items():
        try:
            write_bundle(source, target, folder / name, with_personal_data=with_personal_data)
            refusals[name] = ""
        except DataError as err:
            refusals[name] = str(err)
    return refusals


def _refuse_taken(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"got {folder}, which is there, expected a new or empty folder")


def _refuse_personal(manifest: Manifest) -> None:
    if not (columns := manifest.personal_columns):
        return
    raise UsageError(
        "graph and proof hold texts of the training table word by word, which may be personal "
        f"data, of {', '.join(map(repr, columns))}",
        hint="Say --with-personal-data if whoever gets the bundle may have them, or train without "
        "the columns (--ignore). Hashes in their place are not offered: every bundle must be able "
        "to compute them, so that anyone finds a name or a number again by trying",
    )


def render_bundle(source: BundleSource | TensorSource, target: Target) -> Mapping[str, str | bytes]:
    """Text or bytes of each file of a bundle by its name, but for the list of their hashes.

    Raises:
        DataError: the runtime cannot have the model.
    """
    proof: dict[str, str | bytes] = {
        "model.onnx": source.model,
        "manifest.json": source.manifest.to_json(),
        GOLDEN: source.golden,
    }
    if isinstance(source, BundleSource):
        return {**proof, CASES: source.cases, **target.render(source)}
    if (render := tensors.RENDERERS.get(target.name)) is None:
        raise DataError(
            f"the graph takes tensors, for which there is no bundle {target.name!r}; expected one "
            f"of {', '.join(tensors.RENDERERS)}",
            hint="Any onnxruntime runs model.onnx; golden.json has rows with their answers",
        )
    return {**proof, **render(source)}


def _fill(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    sums = [f"{_sha256(folder / name)}  {name}" for name in sorted(files)]
    (folder / SUMS).write_text("\n".join(sums) + "\n", encoding="ascii")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
