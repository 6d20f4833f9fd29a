"""What every check looks at: how far one column alone gets, and what the winner said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.real import Loaded
from pipeline import audit
from pipeline.config.train_config import TrainConfig
from pipeline.config.validation import Validation
from tests.audit.stand_in import dataset, early, trained


def validated(loaded: Loaded, **validation: str) -> dict[str, audit.Alarm]:
    """What the audit says of a table whose rows are to be split by a column."""
    table = dataset(loaded)
    spec = table.spec.model_copy(update={"validation": Validation(**validation)})
    run = trained(loaded, "lr")
    found = audit.audit_training(replace(table, spec=spec), TrainConfig(), run, "")  # type: ignore[arg-type]
    return {alarm.check: alarm for alarm in found.alarms}


def test_a_column_alone_is_judged_by_the_rows_that_the_model_is_judged_by() -> None:
    random = np.random.default_rng(6)
    shop = random.integers(0, 12, 600)
    frame = pd.DataFrame({"shop": shop, "x": random.normal(size=600)})
    frame["y"] = random.normal(size=12)[shop] * 10 + random.normal(size=600) * 0.1
    frame["day"] = pd.date_range("2020-01-01", periods=600)
    frame["walk"] = 100 * np.sin(np.arange(600) / 60) + random.normal(size=600)
    shops, walks = (
        Loaded(frame[list(names)], names[-1], "regression")
        for names in (("shop", "x", "y"), ("day", "x", "walk"))
    )
    for loaded, column in ((shops, "shop"), (walks, "day")):
        assert early(loaded)["single column"].columns == (column,)
    assert "single column" not in validated(shops, group="shop")
    assert "single column" not in validated(walks, time="day")
