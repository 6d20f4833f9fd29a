from __future__ import annotations

import numpy as np
import pytest

from pipeline.adopt.frameworks.keras_names import (
    find_output_names,
    list_inputs,
    list_named_outputs,
    match_inputs,
    pack_feeds,
)
from pipeline.errors import UsageError
from tests.adopt.frameworks import keras_models as models

pytestmark = pytest.mark.long
pytest.importorskip("tensorflow", reason="of the extra `tensorflow`")


def test_a_dict_keeps_its_own_order() -> None:
    model, arrays = models.make_table()
    assert list(list_inputs(model)) == ["numbers", "island"]
    assert match_inputs(model, arrays, ()) == ("numbers", "island")
    assert list(pack_feeds(model, {"island": 1, "numbers": 2})) == ["numbers", "island"]


def test_feeds_of_other_names_are_taken_in_the_models_order() -> None:
    assert pack_feeds(models.make_two_heads()[0], {"a": 1, "b": 2}) == [1, 2]
    assert pack_feeds(models.make_table()[0], {"a": 1, "b": 2}) == {"numbers": 1, "island": 2}
    assert pack_feeds(models.make_two_heads()[0], {"deep": 1, "wide": 2}) == [2, 1]


def test_several_inputs_that_keras_counted_have_to_be_named() -> None:
    from keras import Input, Model, layers

    entries = [Input((2,)), Input((2,))]
    model = Model(entries, layers.Add()(entries))
    arrays = {"a": models.draw(3, 2), "b": models.draw(3, 2)}
    with pytest.raises(UsageError, match="no names of their own"):
        match_inputs(model, arrays, ())
    assert match_inputs(model, arrays, ("b", "a")) == ("b", "a")


def test_outputs_are_named_by_their_layers_if_somebody_named_these() -> None:
    assert list_named_outputs(models.make_two_heads()[0]) == ["weight", "age"]
    assert list_named_outputs(models.make_sequential()[0]) == [""]


def test_what_is_no_tensor_is_refused() -> None:
    model, _ = models.make_sequential()
    with pytest.raises(UsageError, match="'b' is no tensor"):
        find_output_names(model, {"a": np.zeros(3), "b": [np.zeros(3)]})
