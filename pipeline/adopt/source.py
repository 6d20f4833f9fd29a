"""Finds the model that SOURCE names: an object of a Python module, or a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.config.suggest import suggest
from pipeline.errors import UsageError

LOADERS: Mapping[str, str] = {
    ".onnx": "onnx_file:read_onnx_file",
    ".keras": "keras_file:load_keras_file",
    ".h5": "keras_file:load_keras_file",
    **dict.fromkeys((".txt", ".json", ".ubj", ".cbm"), "boosters:read_booster_file"),
    "": "saved_model:load_saved_model",
}
"""`module:function` of `pipeline.adopt.frameworks` by the ending of a file; "" is a folder."""

PICKLES = (".pkl", ".pickle", ".joblib")
_ADDRESS = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def load_source(source: str, *, trust: bool = False) -> Any:
    """The model that SOURCE names.

    Args:
        source: `module:object`, found as `python -m` finds modules, the present folder first;
            or the path of a model's file or folder.
        trust: whether files may be loaded that run code of whoever wrote them.

    Raises:
        UsageError: it names nothing, or what needs trust.
    """
    path = Path(source)
    if not path.exists() and _ADDRESS.fullmatch(source):
        return import_object(source)
    if not path.exists():
        raise UsageError(
            f"got {source!r}, which is no file here, expected module:object or a model's file",
            hint="python -m pipeline.adopt my_models:network, or python -m pipeline.adopt "
            "model.onnx",
        )
    ending = "" if path.is_dir() else path.suffix.lower() or "none"
    if ending in PICKLES:
        return _read_pickle(path, trust=trust)
    if (address := LOADERS.get(ending)) is None:
        raise UsageError(
            f"{source}: got the ending {ending!r}, expected module:object, a SavedModel folder or "
            f"{', '.join((*filter(None, LOADERS), *PICKLES))}",
            hint="Weights alone are no model: name the object that has loaded them, as "
            "my_models:network",
        )
    module, name = address.split(":")
    load: Callable[..., Any] = getattr(import_module(f"pipeline.adopt.frameworks.{module}"), name)
    return load(path, trust=trust)


def import_object(address: str) -> Any:
    """The object `module:object`.

    Raises:
        UsageError: there is no such module or object, or the module cannot be imported.
    """
    module_name, _, name = address.partition(":")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = import_module(module_name)
    except Exception as err:  # whatever the code of a user raises
        raise UsageError(
            f"{address}: {module_name} cannot be imported ({type(err).__name__}: {err})",
            hint="Run the command in the folder of the module, with the packages it imports",
        ) from err
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise UsageError(
                f"{address}: there is no {part!r} in {module_name}",
                hint=suggest(part, [each for each in vars(found) if not each.startswith("_")]),
            )
        found = getattr(found, part)
    return found


def _read_pickle(file: Path, *, trust: bool) -> Any:
    if not trust:
        raise UsageError(
            f"{file}: got a pickle, which runs the code of whoever wrote it when it is loaded",
            hint="If you know where it comes from: --trust",
        )
    import joblib

    try:
        return joblib.load(file)
    except Exception as err:  # a pickle raises what it likes
        raise UsageError(
            f"{file}: got a pickle that cannot be loaded ({type(err).__name__}: {err})",
            hint="Load it with the versions of the packages that wrote it",
        ) from err
