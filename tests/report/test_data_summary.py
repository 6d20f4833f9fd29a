"""What is said of the table is what pandas says of it."""

from __future__ import annotations

import pandas as pd

from pipeline.report import data_summary
from pipeline.track.training_result import Converted


def test_the_table_of_columns_counts_missing_values(penguins: Converted) -> None:
    found = {row[0]: row[1:] for row in data_summary.summarize_columns(penguins.dataset).rows}
    frame = penguins.dataset.frame
    for name in penguins.dataset.features:
        assert found[name][1].split(" ")[0] == str(frame[name].isna().sum())
    first, count = next(iter(frame["island"].value_counts().items()))
    assert found["island"][2].startswith(f"3 different: {first} ({count})")
    assert found["year"][2].startswith("2007 to 2009, mean ")
    assert data_summary.count_missing_columns(penguins.dataset) == 5


def test_the_target_is_described_by_its_kind(insurance: Converted, penguins: Converted) -> None:
    assert dict(data_summary.summarize_target(insurance.dataset).rows)["min"] == "1121.87"
    assert data_summary.summarize_target(penguins.dataset).rows[0] == ("Adelie", "152", "44.2%")


def test_the_split_shares_out_every_row(insurance: Converted, penguins: Converted) -> None:
    for evidence in (insurance, penguins):
        found = data_summary.summarize_split(evidence)
        whole, *parts = (int(cell.split(" ")[0].replace(",", "")) for cell in found.rows[0][1:])
        assert sum(parts) == whole == len(evidence.dataset.frame)
    classes = {row[0]: row[1:] for row in found.rows[1:]}
    held = pd.Series(penguins.trained.holdout_predictions["species"]).value_counts()
    for label, count in held.items():
        assert classes[f"class {label}"][2].startswith(f"{count:,} (")
