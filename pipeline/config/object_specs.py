"""Checks arguments that take a Python object, written as the name of its class.

    encoding_method = "JamesSteinEncoder"
    custom_pipeline = { class = "sklearn.preprocessing.StandardScaler", with_mean = false }

Only classes of the packages that an argument is for can be named. A class is looked up in the
package's own list of public names, and imported only once it has been found there.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, Literal

from pipeline.config.suggest import describe_value, suggest
from pipeline.errors import ConfigError
from pipeline.tasks import CLASSIFICATION, REGRESSION

Package = Literal["category_encoders", "imblearn", "sklearn"]

CLASS = "class"
"""Key of a table that names the class; the other keys are the constructor's arguments."""

_CODE = ("FunctionTransformer",)
"""Classes that are nothing without a Python function."""


@dataclass(frozen=True)
class Slot:
    """What an argument of `setup` takes.

    Attributes:
        packages: where its classes come from; a short name means the first that has it.
        method: what every object in this place can do.
        names: texts that PyCaret itself understands.
        several: whether it takes a list or a table of named objects.
    """

    packages: tuple[Package, ...]
    method: str
    names: tuple[str, ...] = ()
    several: bool = False


_ENCODERS: tuple[Package, ...] = ("category_encoders", "sklearn")
_SAMPLERS = (
    *("condensednearestneighbour", "editednearestneighborus", "repeatededitednearestneighbours"),
    *("allknn", "instancehardnessthreshold", "nearmiss", "neighbourhoodcleaningrule"),
    *("onesidedselection", "randomundersampler", "tomeklinks", "randomoversampler", "smote"),
    *("smotenc", "smoten", "adasyn", "borderlinesmote", "kmeanssmote", "svmsmote", "smoteenn"),
    "smotetomek",
)

SLOTS: Mapping[str, Slot] = {
    "encoding_method": Slot(_ENCODERS, "transform"),
    "custom_pipeline": Slot(("sklearn", "category_encoders"), "transform", several=True),
    "numeric_iterative_imputer": Slot(("sklearn",), "predict", REGRESSION.models),
    "categorical_iterative_imputer": Slot(("sklearn",), "predict", CLASSIFICATION.models),
    "feature_selection_estimator": Slot(
        ("sklearn",), "predict", (*REGRESSION.models, *CLASSIFICATION.models)
    ),
    "fix_imbalance_method": Slot(("imblearn",), "fit_resample", _SAMPLERS),
    "fold_strategy": Slot(
        ("sklearn",), "split", ("kfold", "stratifiedkfold", "groupkfold", "timeseries")
    ),
}
"""Arguments of `setup` that take an object."""


def check_object(key: str, name: str, value: Any) -> Any:
    """An argument's value with every class found, its full name written out.

    Args:
        key: the key as messages show it.
        value: a class's name, a table with the key `class`, what PyCaret takes as text, or, for
            several objects, a list or a table of those.

    Returns:
        PyCaret's own text as it is, a table with the key `class`, or a table of such tables by
        the name of the step. Checking that again changes nothing.

    Raises:
        ConfigError: no such class or argument, a class that does something else.
    """
    slot = SLOTS[name]
    if slot.several:
        return {step: _one(f"{key} {step}", slot, v) for step, v in _check_named(value).items()}
    if isinstance(value, str) and value.lower() in slot.names:
        return value
    return _one(key, slot, value)


def import_class(name: str) -> type[Any]:
    """Import a class by its full name, as `check_object` writes it."""
    module, _, cls = name.rpartition(".")
    found: type[Any] = getattr(import_module(module), cls)
    return found


def _check_named(value: Any) -> dict[str, Any]:
    """Several objects by the name of their step."""
    if isinstance(value, Mapping) and CLASS not in value:
        return dict(value)
    listed = value if isinstance(value, list) else [value]
    return {f"custom_step_{position}": one for position, one in enumerate(listed)}


def _one(key: str, slot: Slot, value: Any) -> dict[str, Any]:
    table = {CLASS: value} if isinstance(value, str) else value
    if not isinstance(table, Mapping) or not isinstance(table.get(CLASS), str):
        raise ConfigError(
            f"{key}: got {describe_value(value)}, expected the name of a class or a table with one",
            hint=f'Write it as {{ class = "{slot.packages[0]}.…", argument = value }}',
        )
    name = _full_name(key, table[CLASS], slot)
    cls = import_class(name)
    if not hasattr(cls, slot.method):
        raise ConfigError(
            f"{key}: got {name}, expected a class with the method {slot.method}", key=key
        )
    given = {k: v for k, v in table.items() if k != CLASS}
    _check_arguments(key, name, cls, given)
    inside = Slot(tuple(dict.fromkeys((*slot.packages, "sklearn"))), "fit")
    return {CLASS: name, **{k: _inner(f"{key} {k}", inside, v) for k, v in given.items()}}


def _full_name(key: str, name: str, slot: Slot) -> str:
    """`package.module.Class` as the package itself publishes it."""
    known = {
        full: short
        for p in reversed(slot.packages)
        for full, short in list_public_classes(p).items()
    }
    shorts = {short: full for full, short in known.items()}
    found = name if name in known else shorts.get(name, "")
    if not found:
        own = [] if "." in name else slot.names
        raise ConfigError(
            f"{key}: got {name!r}, expected a class of {' or '.join(slot.packages)}",
            hint=suggest(name, [*own, *(known if "." in name else shorts)]),
            key=key,
        )
    if known[found] in _CODE:
        raise ConfigError(
            f"{key}: got {found}, which runs Python code: a configuration cannot hold that, "
            "and a graph cannot run it",
            hint="Compute the column before training, or use a transformer without own code",
        )
    return found


def _check_arguments(key: str, name: str, cls: type[Any], given: Mapping[str, Any]) -> None:
    parameters = signature(cls).parameters.values()
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters):
        return
    known = [p.name for p in parameters]
    for argument in given:
        if argument not in known:
            raise ConfigError(
                f"{key}: got the argument {argument!r}, which {name} does not take",
                hint=suggest(argument, known),
                key=key,
            )


def _inner(key: str, slot: Slot, value: Any) -> Any:
    """An argument's own value: objects inside it are tables with the key `class`."""
    if isinstance(value, list):
        return [_inner(key, slot, v) for v in value]
    if not isinstance(value, Mapping):
        return value
    if CLASS in value:
        return _one(key, slot, value)
    return {k: _inner(f"{key} {k}", slot, v) for k, v in value.items()}


@cache
def list_public_classes(package: Package) -> Mapping[str, str]:
    """A package's public classes, full name to short name, without importing it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ConfigError(
            f"{package} is not installed", hint="Install the core requirements, not only scoring's"
        )
    init = Path(spec.origin)
    if package == "category_encoders":
        return {
            **_list_classes(package, init),
            **_list_classes(f"{package}.wrapper", init.parent / "wrapper.py"),
        }
    found: dict[str, str] = {}
    for file in sorted([*init.parent.glob("[a-z]*/__init__.py"), *init.parent.glob("[a-z]*.py")]):
        module = file.parent.name if file.name == "__init__.py" else file.stem
        found |= _list_classes(f"{package}.{module}", file)
    return found


def _list_classes(module: str, file: Path) -> dict[str, str]:
    """The classes in a module's `__all__`, or all that it defines, full name to short name."""
    body = ast.parse(file.read_text("utf-8")).body
    names = [node.name for node in body if isinstance(node, ast.ClassDef)]
    for node in body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = [n.value for n in getattr(node.value, "elts", ()) if _is_text(n)]
    return {f"{module}.{name}": name for name in names if name[:1].isupper()}


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
