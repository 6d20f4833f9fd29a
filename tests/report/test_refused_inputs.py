"""Every refusal that is shown is the scorer's own."""

from __future__ import annotations

import pytest

from pipeline.errors import DataError
from pipeline.report.refused_inputs import SURPLUS, try_refused_inputs
from pipeline.runtime.scorer import Scorer
from pipeline.track.training_result import Converted


def test_every_refusal_on_the_card_is_one(hostile: Converted) -> None:
    found = dict(try_refused_inputs(hostile).rows)
    number, text, date, boolean = (column.name for column in hostile.model.manifest.inputs)
    row = {name: hostile.dataset.frame[name].head(1) for name in (number, text, date, boolean)}
    scorer = Scorer(hostile.model.data)
    sent = {
        f"{number} = 'twelve'": {**row, number: ["twelve"]},
        f"{number} = inf": {**row, number: [float("inf")]},
        f"{boolean} = None": {**row, boolean: [None]},
        f"{boolean} = 'maybe'": {**row, boolean: ["maybe"]},
        f"{date} = '31.12.2020'": {**row, date: ["31.12.2020"]},
        f"no {boolean}": {name: row[name] for name in (number, text, date)},
        f"a column more, {SURPLUS!r}": {**row, SURPLUS: [1]},
    }
    assert found.keys() == sent.keys()
    for case, columns in sent.items():
        with pytest.raises(DataError) as caught:
            scorer.predict(columns)
        assert found[case] == caught.value.message
