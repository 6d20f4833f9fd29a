"""Finds which raw columns a fitted pipeline encodes, and what values of them it knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from pipeline.convert.registry import class_key, find_converter
from pipeline.convert.steps import categorical
from pipeline.convert.steps.dispatch import STEPS

Names = Sequence[str] | None
"""Raw columns that stand side by side unchanged but for missing values; None: nobody knows."""

_SEVERAL = ("sklearn.ColumnTransformer", "sklearn.FeatureUnion")


@dataclass
class KnownCategories:
    """What is found on the way through a pipeline's steps.

    Attributes:
        values: by raw column, those that an encoder was fitted on.
        computed: raw columns whose numbers something computes with.
    """

    values: dict[str, list[Any]] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)

    def follow(self, transformer: Any, names: Names, what: str) -> Names:
        """Take one step, and those inside it.

        Args:
            names: the columns that it reads.
            what: the way to it, for errors.

        Raises:
            ConversionError: it, or a step inside it, has no converter.
        """
        if leaves_as_is(transformer):
            return names
        find_converter(STEPS, transformer, what)
        if class_key(transformer) == "sklearn.Pipeline":
            for name, member in transformer.steps:
                names = self.follow(member, names, f"{what} {name!r}:")
            return names
        if class_key(transformer) in _SEVERAL:
            return self._follow_several(transformer, names, what)
        if class_key(transformer) in categorical.CONVERTERS:
            self._add(transformer, names or ())
            return None
        if class_key(transformer) == "sklearn.SimpleImputer" and _keeps_columns(transformer):
            return names
        self.computed |= {*(names or ())}
        return None

    def _follow_several(self, transformer: Any, names: Names, what: str) -> Names:
        made = [
            self.follow(member, _pick(names, places), f"{what} {name!r}:")
            for name, member, places in _list_members(transformer)
        ]
        if all(part is not None for part in made):
            return [name for part in made for name in part or ()]
        self.computed |= {name for part in made for name in part or ()}
        return None

    def _add(self, encoder: Any, names: Iterable[str]) -> None:
        learned = getattr(encoder, "categories_", None)
        for place, name in enumerate(names):
            known = self.values.setdefault(name, [])
            if isinstance(learned, list):
                known += [v for v in pd.Series(learned[place]).dropna() if v not in known]
            for entry in _list_mappings(encoder):
                if entry["col"] == name and isinstance(entry["mapping"], pd.Series):
                    known += [v for v in entry["mapping"].index.dropna() if v not in known]


def leaves_as_is(transformer: Any) -> bool:
    """Whether it hands on what it is given; a FunctionTransformer without a function does."""
    if isinstance(transformer, str) or transformer is None:
        return transformer in ("passthrough", None)
    return class_key(transformer) == "sklearn.FunctionTransformer" and transformer.func is None


def _list_members(transformer: Any) -> Iterable[tuple[str, Any, list[int] | None]]:
    """Name, fitted transformer and places of its columns; None is all of them."""
    if class_key(transformer) == "sklearn.FeatureUnion":
        return [(name, member, None) for name, member in transformer.transformer_list]
    places = transformer._transformer_to_input_indices
    return [
        (name, member, list(places[name]))
        for name, member, _ in transformer.transformers_
        if not (isinstance(member, str) and member == "drop") and len(places[name])
    ]


def _pick(names: Names, places: list[int] | None) -> Names:
    return names if names is None or places is None else [names[place] for place in places]


def _keeps_columns(imputer: Any) -> bool:
    """Whether it makes one column of each that it is given, and no indicators beside them."""
    is_whole = not pd.isna(pd.Series(imputer.statistics_, dtype=object)).any()
    return is_whole and imputer.indicator_ is None and pd.isna(imputer.missing_values)


def _list_mappings(encoder: Any) -> Sequence[Mapping[str, Any]]:
    """What an encoder of category_encoders, or the ordinal one inside it, has learned."""
    for each in (encoder, getattr(encoder, "ordinal_encoder", None)):
        if isinstance(found := getattr(each, "mapping", None), list):
            return found
    return ()
