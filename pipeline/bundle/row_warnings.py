"""Makes a proven graph warn, without a training: `python -m pipeline.bundle --warnings`."""

from __future__ import annotations

import json
from dataclasses import replace

from pipeline.bundle.model_files import BundleSource
from pipeline.errors import DataError, ParityError
from pipeline.runtime.scorer import Scorer


def add_warnings(source: BundleSource) -> BundleSource:
    """The same model with outputs that warn, proven on its golden rows and at each limit.

    Raises:
        DataError: the manifest does not say what training saw.
        ParityError: an answer changed, or a warning is not the one that scoring counts.
    """
    import onnx

    from pipeline.export.model import with_metadata
    from pipeline.export.row_warnings import add_row_warnings
    from pipeline.parity.row_warnings import count_wrong_warnings, expect_masks

    if source.manifest.warnings:
        return source
    if unknown := [each.name for each in source.manifest.inputs if each.known is None]:
        raise DataError(
            f"the manifest does not say what training saw of {', '.join(unknown)}",
            hint="The model is from before it did: train it again",
        )
    graph, masks = add_row_warnings(onnx.load_from_string(source.model), source.manifest.inputs)
    manifest = replace(source.manifest, warnings=masks)
    model = with_metadata(graph, manifest)
    before, after, golden = Scorer(source.model), Scorer(model), json.loads(source.golden)
    rows = golden["inputs"]
    answers = after.predict(rows)
    for name, values in before.predict(rows).items():
        if (
            values.tolist() != answers[name].tolist()
            and values.tobytes() != answers[name].tobytes()
        ):
            raise ParityError(f"{name}: a golden row has another answer from the graph that warns")
    found = count_wrong_warnings(after, [rows])
    if wrong := found["warning_failures"]:
        raise ParityError(f"{wrong} of {found['warning_rows']} rows have wrong warnings")
    golden["warnings"] = expect_masks(after, rows)
    return BundleSource(
        model, manifest, json.dumps(golden, ensure_ascii=False, indent=1), source.cases
    )
