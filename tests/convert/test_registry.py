"""What every converter owes: one signature, one owner, a docstring, a test case."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import pytest

import pipeline.convert
from pipeline.convert.estimators.dispatch import load_converters
from pipeline.convert.graph.graph import Graph
from pipeline.convert.registry import Entry, merge_families
from pipeline.convert.steps.dispatch import STEPS
from pipeline.convert.steps.step import Step
from pipeline.convert.symbolic.columns import Column
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, Regression

PACKAGE = Path(pipeline.convert.__file__).parent
CASES = Path(__file__).parent
ESTIMATORS, PREPROCESSING = "estimators", "steps"
REGISTRIES: Mapping[str, Mapping[str, Entry[Any]]] = {
    ESTIMATORS: load_converters(),
    PREPROCESSING: STEPS,
}
ENTRIES = [
    pytest.param(folder, name, entry, id=name)
    for folder, registry in REGISTRIES.items()
    for name, entry in sorted(registry.items())
]


def families(folder: str) -> Iterator[ModuleType]:
    """The modules of a folder that hold a table of converters."""
    for file in sorted((PACKAGE / folder).rglob("[a-z]*.py")):
        place = file.relative_to(PACKAGE).with_suffix("")
        module = importlib.import_module(".".join(("pipeline", "convert", *place.parts)))
        if hasattr(module, "CONVERTERS"):
            yield module


@cache
def tested() -> frozenset[str]:
    """Names of classes that the tests of conversion name, or hold an object of."""
    found: set[str] = set()
    for file in CASES.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                    found.add(name)
                case ast.Constant(value=str() as text):
                    found.update(re.findall(r"\w+", text))
    for file in (CASES / PREPROCESSING).glob("test_*.py"):
        module = importlib.import_module(f"tests.convert.{PREPROCESSING}.{file.stem}")
        for value in vars(module).values():
            members = value.values() if isinstance(value, dict) else ()
            found.update(type(member).__name__ for member in members)
    return frozenset(found)


@pytest.mark.parametrize("folder", REGISTRIES)
def test_every_family_is_in_the_registry_and_no_class_in_two(folder: str) -> None:
    tables = [module.CONVERTERS for module in families(folder)]
    assert merge_families(tables).keys() == REGISTRIES[folder].keys()


def test_the_same_class_in_two_families_is_an_error() -> None:
    family = {"package.Class": Entry(print)}
    with pytest.raises(ValueError, match=r"two converters for \['package.Class'\]"):
        merge_families([family, dict(family)])


@pytest.mark.parametrize(("folder", "name", "entry"), ENTRIES)
def test_every_converter_has_the_signature_of_its_registry(
    folder: str, name: str, entry: Entry[Any]
) -> None:
    hints = get_type_hints(entry.convert)
    answer = hints.pop("return")
    assert list(inspect.signature(entry.convert).parameters) == list(hints), name
    if folder == ESTIMATORS:
        assert hints == {"estimator": Any, "x": Features, "graph": Graph}
        assert answer in (Regression, Classification, Regression | Classification)
    else:
        assert hints == {"step": Step}
        assert answer == dict[str, Column]


@pytest.mark.parametrize(("folder", "name", "entry"), ENTRIES)
def test_every_converter_stands_in_its_folder_and_says_what_it_does(
    folder: str, name: str, entry: Entry[Any]
) -> None:
    assert re.fullmatch(r"\w+\.\w+", name)
    assert entry.convert.__module__.startswith(f"pipeline.convert.{folder}.")
    assert len((inspect.getdoc(entry.convert) or "").split("\n")[0]) > 20, "needs a docstring"


@pytest.mark.parametrize(("folder", "name", "entry"), ENTRIES)
def test_every_converter_has_a_test_case(folder: str, name: str, entry: Entry[Any]) -> None:
    class_name = name.split(".")[1]
    assert class_name in tested(), f"add a case of {class_name} to tests/convert/{folder}"


def test_the_files_that_the_contributors_guide_links_to_exist() -> None:
    root = CASES.parents[1]
    links = re.findall(r"\]\(([^)]+)\)", (root / "CONTRIBUTING.md").read_text("utf-8"))
    assert len(links) > 5
    assert [link for link in links if not (root / link.partition("#")[0]).exists()] == []
