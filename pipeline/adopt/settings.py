"""`adopt.toml`: what a model from elsewhere takes and returns, and how near its graph must be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr, model_validator

from pipeline.adopt.preprocessing.image_spec import ImageSpec, read_image_spec
from pipeline.adopt.preprocessing.sequence_spec import SequenceSpec, read_sequence_spec
from pipeline.config.base import Settings
from pipeline.config.train_config import NAME, read_toml
from pipeline.errors import ConfigError

Name = Annotated[StrictStr, Field(pattern=r"^[A-Za-z_][\w.-]*$")]
Bound = Annotated[float, Field(ge=0, lt=1)]
BATCH = "batch"
"""The dynamic axis that every input and output begins with."""


def _read_image(section: Any) -> Any:
    return read_image_spec(section) if isinstance(section, Mapping) else section


def _read_sequence(section: Any) -> Any:
    return read_sequence_spec(section) if isinstance(section, Mapping) else section


class AdoptConfig(Settings):
    """Settings of `python -m pipeline.adopt`; each is optional."""

    name: Annotated[StrictStr, Field(pattern=NAME)] = "model"
    """Of the model, in the registry too."""
    inputs: tuple[Name, ...] = ()
    """Names of the graph's inputs in the model's order; else the model's or the sample's own."""
    outputs: tuple[Name, ...] = ()
    """Names of its outputs in the model's order; else the model's own."""
    labels: tuple[StrictStr | StrictInt, ...] = ()
    """Classes in the order of the output's last axis, for a classifier."""
    axes: Mapping[Name, Mapping[Name, Annotated[StrictInt, Field(ge=1)]]] = {}
    """Dynamic axes beside the batch: `[axes] length = { series = 1 }` names axis 1 of `series`."""
    rtol: Bound = 1e-3
    atol: Bound = 1e-5
    """Outer bounds for a float32 network, as `numpy.testing.assert_allclose` takes them."""
    reference: StrictStr | None = None
    """`module:function` that predicts what an .onnx file should: arrays by name, to the same."""
    image: Annotated[ImageSpec | None, BeforeValidator(_read_image)] = None
    """How a picture becomes the one input: operators of the graph, before the network."""
    sequence: Annotated[SequenceSpec | None, BeforeValidator(_read_sequence)] = None
    """How a series is scaled and cut into windows before the network, and scaled back behind it."""
    target: Annotated[StrictStr, Field(min_length=1)] = "label"
    """What a model whose sample is a table predicts; a column of that name is no input."""
    answers: Name | None = None
    """The sample's array of known labels, which is no input: ordinary mistakes show against it."""

    optimize: tuple[Literal["fold", "fp16", "int8"], ...] = ()
    """Changed copies of the graph; each is kept beside it if its own proof passes."""
    latency: StrictBool = False
    """Whether graph and framework are timed against each other."""

    @model_validator(mode="before")
    @classmethod
    def _take_labels(cls, values: Any) -> Any:
        """`[image] labels` are the model's, as if they stood outside the section."""
        section = values.get("image")
        if not isinstance(section, Mapping) or "labels" not in section:
            return values
        if values.get("labels", section["labels"]) != section["labels"]:
            raise ConfigError("adopt.toml: got labels and others in [image], expected one of them")
        return {**values, "labels": section["labels"]}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for key in ("inputs", "outputs", "labels"):
            names = getattr(self, key)
            if len(set(names)) < len(names):
                raise ValueError(f"{key}: got {', '.join(map(str, names))}, expected each once")
        if self.image is not None and self.sequence is not None:
            raise ConfigError("adopt.toml: got [image] and [sequence], expected one of them")
        if BATCH in self.axes:
            raise ValueError(f"axes: got {BATCH!r}, which is axis 0 of every input in any case")
        for name in {name for places in self.axes.values() for name in places}:
            taken = [places[name] for places in self.axes.values() if name in places]
            if len(set(taken)) < len(taken):
                raise ValueError(f"axes: an axis of {name!r} has two names")
        return self

    def refuse_for_table(self) -> None:
        """Refuse what says nothing of a model whose inputs are a table's columns.

        Raises:
            ConfigError: such a key is there.
        """
        if given := sorted(self.model_fields_set - {"name", "target"}):
            raise ConfigError(
                f"got {', '.join(given)}, expected target alone for a model whose sample is a "
                "table: its inputs are the columns, its bound is 1e-9",
                hint="Leave it out, or save the sample as an array (.npy, .npz)",
            )

    def find_shape(self, name: str, array: NDArray[Any]) -> tuple[int | str, ...]:
        """The shape of an input of which the sample has this array; dynamic axes by their names.

        Raises:
            ConfigError: a dynamic axis is named that the array does not have.
        """
        shape: list[int | str] = [BATCH, *array.shape[1:]]
        for axis, places in self.axes.items():
            if (place := places.get(name)) is None:
                continue
            if place >= array.ndim:
                raise ConfigError(
                    f"axes.{axis}: got axis {place} of {name!r}, which has {array.ndim} axes",
                    hint="Axes are counted from 0, the batch",
                )
            shape[place] = axis
        return tuple(shape)


def read_adopt_config(file: Path | None, name: str, **more: Any) -> AdoptConfig:
    """Read an `adopt.toml`; without one, every setting is its default.

    Args:
        name: of the model.
        more: settings of the command line, which come before those of the file.

    Raises:
        ConfigError: the file is none, or holds what cannot be meant.
    """
    return AdoptConfig(**{**(read_toml(file) if file else {}), "name": name, **more})
