"""Runs an adoption: source, sample, export, check, verify, track, register."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.framework import Arrays, Framework, find_framework
from pipeline.adopt.frameworks.onnx_file import OnnxFile, match_arrays
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
from pipeline.adopt.publication import Publication, write_publication
from pipeline.adopt.sample import Sample, make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.adopt.source import import_object
from pipeline.adopt.verify import RATIO, Bound, Proof, verify_graph
from pipeline.errors import ConversionError, DataError, UsageError
from pipeline.manifest import TENSORS_KEY
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
    progress.stage("export", f"a model of {framework.name} {framework.find_version()}")
    sample, answers = _split_answers(sample, config)
    if not sample.arrays:
        raise DataError(
            f"got a table as the sample, expected arrays for a model of {framework.name}",
            hint="Save the arrays that the model takes: numpy.savez(FILE, NAME=array, …)",
        )
    warnings = [*framework.check(model), *find_doubts(sample.arrays, config)]
    prepared = Sample(prepare_arrays(sample.arrays, config))
    network_inputs = framework.find_inputs(model, prepared, config)
    names = [tensor.name for tensor in network_inputs]
    feeds, prepared = (
        match_arrays(sample.arrays, names),
        Sample(match_arrays(prepared.arrays, names)),
    )
    expected = framework.predict(model, prepared.arrays)
    outputs = _name_outputs(expected, config)
    warnings += _find_mistakes(framework, model, prepared.arrays, expected, answers)
    with tempfile.TemporaryDirectory(prefix="adopt-") as folder:
        network = framework.export(model, network_inputs, outputs, prepared, Path(folder))
    progress.stage("check", "the checker, shapes, opsets and weights")
    check_graph(network, network_inputs, outputs)
    graph = add_preparation(network, config)
    inputs = network_inputs if graph is network else _describe_values(graph.graph.input)
    domains = check_graph(graph, inputs, outputs)
    bound = _choose_bound(framework, model, inputs, config)
    progress.stage("verify", f"the graph against {framework.name}")

    def predict(feeds: Arrays) -> Arrays:
        found = framework.predict(model, prepare_arrays(feeds, config))
        answers = dict(zip(outputs, found.values(), strict=True))
        return restore_outputs(answers, config, feeds)

    data = graph.SerializeToString()
    proof = verify_graph(data, predict, inputs, feeds, bound)
    optimized: tuple[Optimized, ...] = ()
    latency = None
    if proof.passed:
        ways = config.optimize
        given = (inputs, feeds)
        optimized = tuple(prove_optimized(data, way, predict, given, bound) for way in ways)
        warnings += [each.text for each in optimized]
    if proof.passed and config.latency:
        progress.stage("latency", f"the graph and {framework.name}, in turn")
        own = Reference(
            framework.name, partial(framework.predict, model), network_inputs, prepared.arrays
        )
        latency = compare_speed(data, own, inputs, feeds)
        warnings += latency.to_notes()
    if config.image is not None:
        warnings.append(_compare_with_pillow(framework, model, feeds, expected, config.image))
    manifest = TensorManifest(
        name=config.name,
        framework=framework.name,
        framework_version=framework.find_version(),
        inputs=inputs,
        outputs=_describe_values(graph.graph.output),
        labels=config.labels,
        preprocessing=describe_preparation(config),
        domains=domains,
        tolerance={"rtol": proof.rtol, "atol": proof.atol} if proof.passed else {},
        notes=tuple(dict.fromkeys((*warnings, *proof.warnings))),
        versions=_list_versions(),
        run_id=run_id,
        verdict="pass" if proof.passed else "fail",
    )
    few = {each: array[:GOLDEN] for each, array in feeds.items()}
    golden = {"inputs": few, "outputs": predict(few)}
    stamped = _stamp(graph, manifest)
    return Adopted(stamped, manifest, proof, golden, bound, optimized, latency)


def _compare_with_pillow(
    framework: Framework, model: Any, feeds: Arrays, expected: Arrays, spec: ImageSpec
) -> str:
    """How far the graph's preparation is from Pillow's, in pixels and in the model's first choice.

    Args:
        feeds: the pictures.
        expected: the model's answers to the graph's preparation of them.
    """
    ((name, pictures),) = feeds.items()
    made = np.stack([transform_picture(picture, spec) for picture in pictures])
    answers = next(iter(framework.predict(model, {name: made}).values()))
    ours = next(iter(expected.values()))
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


def check_graph(
    graph: onnx.ModelProto, inputs: Sequence[Tensor], outputs: Sequence[str]
) -> dict[str, int]:
    """Check a graph whole, shapes inferred; returns the opset of each domain.

    Raises:
        ConversionError: it is not valid, its inputs or outputs are others than were asked for, or
            a part of its weights lies elsewhere.
    """
    import onnx

    try:
        onnx.checker.check_model(graph, full_check=True)
    except onnx.checker.ValidationError as err:
        raise _invalid_error(str(err)) from err
    except onnx.shape_inference.InferenceError as err:
        raise _invalid_error(str(err)) from err
    weights = {tensor.name for tensor in graph.graph.initializer}
    found = [value.name for value in graph.graph.input if value.name not in weights]
    given = [value.name for value in graph.graph.output]
    if set(found) != {tensor.name for tensor in inputs} or given != list(outputs):
        raise ConversionError(
            f"the graph has the inputs {', '.join(found)} and the outputs {', '.join(given)}, "
            f"expected {', '.join(tensor.name for tensor in inputs)} and {', '.join(outputs)}",
            hint="Name them in adopt.toml: inputs = [...], outputs = [...]",
        )
    if graph.ByteSize() >= 2**31:
        raise ConversionError(
            f"the graph has {graph.ByteSize() / 1e9:.1f} GB, expected less than 2.1",
            hint="protobuf holds no more in one file: quantise it, or split the model",
        )
    return {each.domain: each.version for each in graph.opset_import}


def _invalid_error(found: str) -> ConversionError:
    return ConversionError(
        f"the exported graph is not valid: {found.strip().splitlines()[0]}",
        hint="Export with the framework's current version, or report it there",
    )


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


def _find_mistakes(
    framework: Framework,
    model: Any,
    feeds: Arrays,
    expected: Arrays,
    answers: NDArray[Any] | None,
) -> list[str]:
    """What looks like an ordinary mistake of whoever made model or sample."""
    found = [*find_input_mistakes(feeds), *find_output_mistakes(expected)]
    if answers is not None:
        found += find_label_mistakes(next(iter(expected.values())), answers)
        found += find_better_input(lambda each: framework.predict(model, each), feeds, answers)
    return found


def _name_outputs(expected: Arrays, config: AdoptConfig) -> list[str]:
    names = list(config.outputs) or list(expected)
    if len(names) != len(expected):
        raise UsageError(
            f"outputs: got {len(names)} names ({', '.join(names)}), the model has "
            f"{len(expected)} ({', '.join(expected)})",
            hint="Name each in the model's order, or leave `outputs` out",
        )
    first = next(iter(expected.values()))
    if config.labels and first.shape[-1] != len(config.labels):
        raise UsageError(
            f"labels: got {len(config.labels)}, the first output has {first.shape[-1]} columns",
            hint="Give one label per column, in order",
        )
    return names


def _describe_values(values: Iterable[onnx.ValueInfoProto]) -> tuple[Tensor, ...]:
    import onnx

    return tuple(
        Tensor(
            value.name,
            onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name,
            tuple(
                dim.dim_value if dim.HasField("dim_value") else dim.dim_param or f"{value.name}_{k}"
                for k, dim in enumerate(value.type.tensor_type.shape.dim)
            ),
        )
        for value in values
    )


def _list_versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _stamp(graph: onnx.ModelProto, manifest: TensorManifest) -> bytes:
    """The serialized graph with its manifest."""
    import onnx

    stamped = onnx.ModelProto()
    stamped.CopyFrom(graph)
    stamped.producer_name = "pipeline"
    onnx.helper.set_model_props(stamped, {TENSORS_KEY: manifest.to_json()})
    data: bytes = stamped.SerializeToString()
    return data


def adopt_source(
    model: Any,
    sample: Sample,
    config: AdoptConfig,
    progress: Progress | None = None,
    run_id: str | None = None,
) -> Publication:
    """Adopt a model, be its sample a table or arrays; what is to be published of it.

    Args:
        run_id: of the MLflow run that keeps it, for its manifest.

    Raises:
        UsageError, DataError, ConversionError: model, sample and settings do not fit each other,
            or the model has no graph that would answer as it does.
    """
    from pipeline.adopt.describe_table import describe_adopted_table
    from pipeline.adopt.describe_tensors import describe_adopted
    from pipeline.adopt.table import adopt_table_model

    framework = find_framework(model)
    if sample.frame is None or not getattr(framework, "takes_tables", False):
        return describe_adopted(adopt_model(model, sample, config, progress, run_id))
    named = f"{framework.name} {framework.find_version()}"
    (progress or Silent()).stage("verify", f"the graph of columns against {named}")
    framework.check(model)
    config.refuse_for_table()
    found = adopt_table_model(model, sample.frame, config.name, config.target, run_id)
    return describe_adopted_table(*found, named, sample.frame)


def adopt(model: Any, sample: Any, name: str, folder: Path, **settings: Any) -> Publication:
    """Adopt a model from Python: prove its graph and write it, with its evidence, into a folder.

    Args:
        model: a fitted model of any framework of `pipeline.adopt.framework`.
        sample: arrays by input, one array, or a DataFrame: rows that the model takes.
        name: of the model.
        folder: new or empty; gets `onnx/`, `reports/` and `tables/`.
        settings: as in adopt.toml.

    Raises:
        UsageError, DataError, ConversionError: as `adopt_source` does.
        ParityError: the graph does not answer as the model does; the folder holds the evidence.
    """
    publication = adopt_source(model, make_sample(sample), AdoptConfig(name=name, **settings))
    write_publication(folder, publication)
    publication.refuse()
    return publication
