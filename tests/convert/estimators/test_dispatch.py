"""From a fitted estimator to its converter: by its own class and no other."""

from __future__ import annotations

import pytest

from pipeline.convert.estimators.dispatch import load_converters
from pipeline.convert.registry import class_key, find_converter
from pipeline.errors import ConversionError


def test_a_class_without_a_converter_is_refused_by_name() -> None:
    with pytest.raises(ConversionError, match=r"estimator builtins\.object has no exact") as error:
        find_converter(load_converters(), object(), "estimator")
    assert error.value.details == {"converted_class": "builtins.object"}


def test_a_subclass_is_a_class_of_its_own() -> None:
    from sklearn.dummy import DummyRegressor

    class Odd(DummyRegressor):
        pass

    assert class_key(DummyRegressor()) in load_converters()
    with pytest.raises(ConversionError):
        find_converter(load_converters(), Odd(), "estimator")
