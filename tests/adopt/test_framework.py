from __future__ import annotations

import pytest

from pipeline.adopt.framework import FRAMEWORKS, find_framework
from pipeline.errors import UsageError


def test_what_is_no_model_is_named_by_its_class() -> None:
    with pytest.raises(UsageError, match=r"builtins\.dict"):
        find_framework({})


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_each_row_is_a_framework_of_that_name(name: str) -> None:
    from importlib import import_module

    module, kind = FRAMEWORKS[name].split(":")
    assert getattr(import_module(f"pipeline.adopt.frameworks.{module}"), kind)().name == name
