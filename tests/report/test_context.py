"""The figures that come first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.automl.candidate_cost import Cost
from pipeline.report import context
from pipeline.track.training_result import Converted


def pickled(folder: Path) -> Path:
    """A folder with a pickle of 1,500 bytes, as far as its size matters."""
    (folder / "pickle").mkdir()
    (folder / "pickle" / "pipeline.pkl").write_bytes(bytes(1500))
    return folder


def test_the_tiles_hold_speed_and_size_against_pycaret(
    insurance: Converted, tmp_path: Path
) -> None:
    first, *rest = insurance.trained.candidates
    cost = Cost(max_error=0.0, rows=9, microseconds_per_row=20.0, bytes=9)
    costly = replace(insurance.trained, candidates=(replace(first, cost=cost), *rest))
    fast = replace(insurance, trained=costly, pycaret_seconds=0.14, folder=pickled(tmp_path))
    tiles = {name: rest for name, *rest in context.build_tiles(fast)}
    assert tiles["one row"] == ["20 µs", "predict_model: 140 ms, about 7,000 times as long"]
    assert tiles["ONNX file"][1] == "the pickle: 1.5 kB"
    alone = {name: rest for name, *rest in context.build_tiles(replace(fast, pycaret_seconds=None))}
    assert alone["one row"] == ["20 µs", "one thread, inputs at hand"]
    assert "one row" not in {
        name for name, *_ in context.build_tiles(replace(insurance, folder=tmp_path))
    }


def test_a_wider_bound_is_shown_where_one_was_needed(insurance: Converted, tmp_path: Path) -> None:
    table = (*insurance.parity.table, {**insurance.parity.table[0], "bound": 1e-5})
    summary = {**insurance.parity.summary, "max_error_hostile": 3e-7}
    parity = replace(insurance.parity, table=table, summary=summary)
    wider = replace(insurance, parity=parity, folder=pickled(tmp_path))
    tiles = {name: beside for name, _, beside in context.build_tiles(wider)}
    assert tiles["largest error"].startswith("up to 1e-5 allowed")
