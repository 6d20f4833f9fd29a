"""Checks arguments against the installed PyCaret, without importing it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.config.sections import FUNCTIONS, OURS, OWNED, Section
from pipeline.config.suggest import TYPES, describe_value, suggest
from pipeline.errors import ConfigError
from pipeline.tasks import TASKS, TaskName

_WIDER: Mapping[str, tuple[type, ...]] = {"numeric_imputation": (int, float)}
"""PyCaret's annotation says str; its documentation and code also take a number."""

_NAMES: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "str": (str,),
    "dict": (dict,),
    "list": (list,),
    "SEQUENCE_LIKE": (list,),
}


def check_arguments(
    section: Section, values: Mapping[str, Any], task: TaskName | None
) -> dict[str, Any]:
    """The arguments of one section, checked; the text "none" becomes None where PyCaret takes it.

    Args:
        values: what the section of the config file says.
        task: whose signature counts; all tasks' while it is still unknown.

    Raises:
        ConfigError: an argument is unknown, belongs to the pipeline or has the wrong type, or the
            section is for another task.
    """
    tasks = tuple(TASKS) if task is None else (task,)
    takers = [name for name in TASKS if section not in TASKS[name].lacks]
    if task is not None and task not in takers:
        raise ConfigError(
            f"[{section}]: got a section for {' or '.join(takers)}, but the task is {task}",
            hint="Remove the section",
            section=section,
        )
    known = {name: node for t in reversed(tasks) for name, node in _signature(section, t).items()}
    known |= _ours(section)
    return {name: _check_argument(section, name, value, known) for name, value in values.items()}


def find_sections(name: str) -> tuple[str, ...]:
    """Sections whose function takes an argument of this name: where a stray key belongs."""
    found = []
    for section in FUNCTIONS:
        if any(name in _signature(section, task) for task in TASKS) or name in _ours(section):
            found.append(section)
    return tuple(section for section in found if name not in OWNED[section])


def _check_argument(
    section: Section, name: str, value: Any, known: Mapping[str, ast.expr | None]
) -> Any:
    key = f"[{section}] {name}"
    if name in OWNED[section]:
        raise ConfigError(
            f"{key}: got an argument that the pipeline sets itself",
            hint=f"Remove it: {OWNED[section][name]}",
            section=section,
            key=name,
        )
    if name not in known:
        raise ConfigError(
            f"{key}: got an argument that PyCaret's {FUNCTIONS[section]} does not take",
            hint=_other_task(section, name)
            or _elsewhere(name)
            or suggest(name, known.keys() - OWNED[section].keys()),
            section=section,
            key=name,
        )
    return _check_type(key, name, value, known[name])


def _other_task(section: Section, name: str) -> str:
    takers = [task for task in TASKS if name in _signature(section, task)]
    return f"Remove it: it is for {takers[0]} only" if takers else ""


def _elsewhere(name: str) -> str:
    """Where an argument belongs that this section's function does not take."""
    if homes := find_sections(name):
        return f"Put it under {' or '.join(f'[{section}]' for section in homes)}"
    instead = (owned[name] for owned in OWNED.values() if name in owned)
    return next((f"Remove it: {advice}" for advice in instead), "")


def _check_type(key: str, name: str, value: Any, annotation: ast.expr | None) -> Any:
    from pipeline.config import object_specs  # which speaks with this module's words

    types = _types(annotation)
    if value in (None, "none") and _optional(annotation):
        return None
    if name in object_specs.SLOTS:
        return object_specs.check_object(key, name, value)
    if not types:
        raise ConfigError(
            f"{key}: got {describe_value(value)}, expected a Python object",
            hint="A TOML file cannot hold one: this argument is not supported, remove it",
        )
    if _fits(value, annotation) or type(value) in _WIDER.get(name, ()):
        return value
    expected = " or ".join(sorted({TYPES[t] for t in types}))
    if type(value) in types and annotation is not None:  # the fault is in a member
        expected = ast.unparse(annotation)
    raise ConfigError(f"{key}: got {describe_value(value)}, expected {expected}")


def _types(node: ast.expr | None) -> set[type]:
    """TOML types that an annotation lets through; `object` where it lets everything through."""
    match node:
        case ast.Name(id="Any"):
            return {object}
        case ast.Subscript(value=ast.Name(id="Optional" | "Union"), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            # Any beside another type, or alone and optional, stands for estimators and the like
            return set().union(*(_types(part) for part in parts)) - {object}
        case ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name):
            return set(_NAMES.get(name.lower() if name in ("List", "Dict") else name, ()))
        case _:
            return set()


def _optional(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Optional"


def _fits(value: Any, node: ast.expr | None) -> bool:
    """Whether a value fits an annotation, members of lists and tables included."""
    match node:
        case ast.Subscript(value=ast.Name(id="Optional" | "Union"), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return any(_fits(value, part) for part in parts if ast.unparse(part) != "Any")
        case ast.Subscript(value=ast.Name(id="List"), slice=inner):
            return isinstance(value, list) and all(_fits(item, inner) for item in value)
        case ast.Subscript(value=ast.Name(id="Dict"), slice=ast.Tuple(elts=[_, inner])):
            return isinstance(value, dict) and all(_fits(item, inner) for item in value.values())
        case _:
            types = _types(node)
            return object in types or type(value) in types


@cache
def _ours(section: Section) -> Mapping[str, ast.expr]:
    """The pipeline's own keys of a section with their annotations."""
    own = OURS.get(section, {})
    return {name: ast.parse(text, mode="eval").body for name, text in own.items()}


@cache
def _signature(section: Section, task: TaskName) -> Mapping[str, ast.expr | None]:
    """Argument names of a PyCaret function with their annotations, without importing PyCaret.

    Empty where the task lacks the function.
    """
    if section in TASKS[task].lacks:
        return {}
    found = find_spec("pycaret")
    if found is None or not found.submodule_search_locations:
        raise ConfigError(
            f"[{section}]: the arguments cannot be checked, pycaret is not installed",
            hint="Install the core requirements, not only those for scoring",
        )
    files = [Path(found.submodule_search_locations[0], source) for source in TASKS[task].sources]
    for node in (node for f in files for node in ast.walk(ast.parse(f.read_text("utf-8")))):
        if isinstance(node, ast.FunctionDef) and node.name == FUNCTIONS[section]:
            return {arg.arg: arg.annotation for arg in node.args.args if arg.arg != "self"}
    raise ConfigError(f"PyCaret's {task} has no {FUNCTIONS[section]}: expected version 3.3.2")
