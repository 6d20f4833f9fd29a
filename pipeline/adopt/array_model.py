"""The way of a model whose sample is arrays: exported, checked, proven."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.framework import Arrays, Framework, find_framework
from pipeline.adopt.frameworks.onnx_file import OnnxFile, match_arrays
from pipeline.adopt.graph_file import check_graph, read_tensors, stamp_manifest
from pipeline.adopt.latency import Latency, Reference, compare_speed
from pipeline.adopt.mistakes import (
    find_better_input,
    find_input_mistakes,
    find_label_mistakes,
    find_output_mistakes,
)
from pipeline.adopt.optimize import Optimized, prove_optimized
from pipeline.adopt.preprocessing.image_reference import measure_pixels, transform_picture
from pipeline.adopt.preprocessing.image_spec import ImageSpec
from pipeline.adopt.preprocessing.preparation import (
    add_preparation,
    describe_preparation,
    find_doubts,
    prepare_arrays,
    restore_outputs,
)
from pipeline.adopt.sample import Sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.adopt.source import import_object
from pipeline.adopt.verify import RATIO, Bound, Proof, verify_graph
from pipeline.errors import DataError, UsageError
from pipeline.manifest.tensors import Tensor, TensorManifest
from pipeline.system.progress import Progress, Silent

if TYPE_CHECKING:
    import onnx

PACKAGES = ("onnx", "onnxruntime", "numpy", "torch", "keras", "tensorflow", "scikit-learn")
GOLDEN = 8
"""Rows of the sample that travel with the graph, with the model's answers."""


@dataclass(frozen=True)
class Adopted:
    """A graph and the evidence for it.

    Attributes:
        data: the serialized graph, manifest included.
        golden: the first rows of the sample and the model's own answers to them, by name.
        bound: the outer one, that was allowed.
        optimized: changed copies, whether or not they are admitted.
        latency: graph against framework, if asked for.
    """

    data: bytes
    manifest: TensorManifest
    proof: Proof
    golden: Mapping[str, Mapping[str, NDArray[Any]]]
    bound: Bound
    optimized: tuple[Optimized, ...] = ()
    latency: Latency | None = None


@dataclass(frozen=True)
class _Network:
    """A model with its sample, as the graph has to answer.

    Attributes:
        feeds: the sample, by input.
        prepared: what the sections make of it, which the model itself takes.
        inputs: the model's own.
        expected: its answers to the sample, by its own names.
        outputs: names of them in the graph, in order.
    """

    framework: Framework
    model: Any
    config: AdoptConfig
    feeds: Arrays
    prepared: Arrays
    inputs: tuple[Tensor, ...]
    expected: Arrays
    outputs: tuple[str, ...]

    def predict(self, feeds: Arrays) -> Arrays:
        """What the graph has to answer, by its own names."""
        found = self.framework.predict(self.model, prepare_arrays(feeds, self.config))
        answers = dict(zip(self.outputs, found.values(), strict=True))
        return restore_outputs(answers, self.config, feeds)

    def export(self) -> onnx.ModelProto:
        """The graph without the sections' operators."""
        with tempfile.TemporaryDirectory(prefix="adopt-") as folder:
            return self.framework.export(
                *(self.model, self.inputs, self.outputs, Sample(self.prepared), Path(folder))
            )


def adopt_model(
    model: Any,
    sample: Sample,
    config: AdoptConfig,
    progress: Progress | None = None,
    run_id: str | None = None,
) -> Adopted:
    """Export a model as one graph and hold the graph against it.

    Args:
        model: of any framework of `pipeline.adopt.framework`.
        sample: rows that it takes.
        config: names, dynamic axes, bounds.
        progress: told of every stage.
        run_id: of the MLflow run that keeps it, for its manifest.

    Raises:
        UsageError: model, sample and settings do not fit each other.
        ConversionError: the model has no graph that would answer as it does.
    """
    progress = progress or Silent()
    if isinstance(model, OnnxFile) and config.reference:
        model = replace(model, reference=import_object(config.reference))
    framework = find_framework(model)
    named = f"{framework.name} {framework.find_version()}"
    progress.stage("export", f"a model of {named}")
    sample, answers = _split_answers(sample, config)
    if not sample.arrays:
        raise DataError(
            f"got a table as the sample, expected arrays for a model of {framework.name}",
            hint="Save the arrays that the model takes: numpy.savez(FILE, NAME=array, …)",
        )
    notes = [*framework.check(model), *find_doubts(sample.arrays, config)]
    network = _make_network(framework, model, sample, config)
    notes += _find_mistakes(network, answers)
    plain = network.export()
    progress.stage("check", "the checker, shapes, opsets and weights")
    check_graph(plain, network.inputs, network.outputs)
    graph = add_preparation(plain, config)
    inputs = network.inputs if graph is plain else read_tensors(graph.graph.input)
    domains = check_graph(graph, inputs, network.outputs)
    progress.stage("verify", f"the graph against {framework.name}")
    data, bound = graph.SerializeToString(), _choose_bound(framework, model, inputs, config)
    proof = verify_graph(data, network.predict, inputs, network.feeds, bound)
    optimized: tuple[Optimized, ...] = ()
    latency = None
    if proof.passed:
        given = (inputs, network.feeds)
        optimized = tuple(
            prove_optimized(data, way, network.predict, given, bound) for way in config.optimize
        )
        notes += [each.text for each in optimized]
    if proof.passed and config.latency:
        progress.stage("latency", f"the graph and {framework.name}, in turn")
        own = Reference(
            *(framework.name, partial(framework.predict, model), network.inputs, network.prepared)
        )
        latency = compare_speed(data, own, inputs, network.feeds)
        notes += latency.to_notes()
    if config.image is not None:
        notes.append(_compare_with_pillow(network, config.image))
    manifest = TensorManifest(
        name=config.name,
        framework=framework.name,
        framework_version=framework.find_version(),
        inputs=inputs,
        outputs=read_tensors(graph.graph.output),
        labels=config.labels,
        preprocessing=describe_preparation(config),
        domains=domains,
        tolerance={"rtol": proof.rtol, "atol": proof.atol} if proof.passed else {},
        notes=tuple(dict.fromkeys((*notes, *proof.warnings))),
        versions=_list_versions(),
        run_id=run_id,
        verdict="pass" if proof.passed else "fail",
    )
    few = {each: array[:GOLDEN] for each, array in network.feeds.items()}
    golden = {"inputs": few, "outputs": network.predict(few)}
    stamped = stamp_manifest(graph, manifest)
    return Adopted(stamped, manifest, proof, golden, bound, optimized, latency)


def _make_network(
    framework: Framework, model: Any, sample: Sample, config: AdoptConfig
) -> _Network:
    prepared = Sample(prepare_arrays(sample.arrays, config))
    inputs = framework.find_inputs(model, prepared, config)
    names = [tensor.name for tensor in inputs]
    given = match_arrays(prepared.arrays, names)
    expected = framework.predict(model, given)
    return _Network(
        *(framework, model, config, match_arrays(sample.arrays, names), given),
        *(inputs, expected, tuple(_name_outputs(expected, config))),
    )


def _compare_with_pillow(network: _Network, spec: ImageSpec) -> str:
    """How far the graph's preparation is from Pillow's, in pixels and in the first choice."""
    ((name, pictures),) = network.feeds.items()
    made = np.stack([transform_picture(picture, spec) for picture in pictures])
    answers = next(iter(network.framework.predict(network.model, {name: made}).values()))
    ours = next(iter(network.expected.values()))
    same = int(np.sum(answers.argmax(axis=-1) == ours.argmax(axis=-1)))
    return (
        f"prepared by the graph instead of Pillow, {measure_pixels(pictures, spec)}; the largest "
        f"output is the same for {same} of {len(pictures)}"
    )


def _choose_bound(
    framework: Framework, model: Any, inputs: Sequence[Tensor], config: AdoptConfig
) -> Bound:
    """The bound of the settings; without one, what the framework promises, if it promises any."""
    find_bound = getattr(framework, "find_bound", None)
    exact = find_bound(model, inputs) if find_bound is not None else None
    if exact is None or {"rtol", "atol"} & config.model_fields_set:
        return Bound(config.rtol, config.atol)
    return Bound(exact, exact / RATIO)


def _split_answers(sample: Sample, config: AdoptConfig) -> tuple[Sample, NDArray[Any] | None]:
    """The sample without the known answers, and these."""
    if config.answers is None:
        return sample, None
    if config.answers not in sample.arrays:
        raise UsageError(
            f"answers: got {config.answers!r}, which is no array of the sample; it has "
            f"{', '.join(sample.arrays)}",
            hint="Leave `answers` out, or save the known labels under that name",
        )
    rest = {name: array for name, array in sample.arrays.items() if name != config.answers}
    return Sample(rest), sample.arrays[config.answers]


def _find_mistakes(network: _Network, answers: NDArray[Any] | None) -> list[str]:
    """What looks like an ordinary mistake of whoever made model or sample."""
    predict = partial(network.framework.predict, network.model)
    found = [*find_input_mistakes(network.prepared), *find_output_mistakes(network.expected)]
    if answers is not None:
        found += find_label_mistakes(next(iter(network.expected.values())), answers)
        found += find_better_input(predict, network.prepared, answers)
    return found


def _name_outputs(expected: Arrays, config: AdoptConfig) -> list[str]:
    names = list(config.outputs) or list(expected)
    if len(names) != len(expected):
        raise UsageError(
            f"outputs: got {len(names)} names ({', '.join(names)}), the model has "
            f"{len(expected)} ({', '.join(expected)})",
            hint="Name each in the model's order, or leave `outputs` out",
        )
    width = next((each.shape[-1] for each in expected.values() if each.ndim > 1), 0)
    if config.labels and width != len(config.labels):
        raise UsageError(
            f"labels: got {len(config.labels)}, the first output with columns has {width} columns",
            hint="Give one label per column, in order",
        )
    return names


def _list_versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
