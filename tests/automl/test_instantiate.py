"""The objects that a configuration names, with their arguments and the seed of the run."""

from __future__ import annotations

from pipeline.automl.instantiate import instantiate_objects
from pipeline.config.train_config import TrainConfig


def test_objects_are_made_with_their_arguments_and_the_seed_of_the_run() -> None:
    setup = {
        "encoding_method": {"class": "TargetEncoder", "smoothing": 3},
        "custom_pipeline": [
            {"class": "TruncatedSVD", "n_components": 2},
            {
                "class": "ColumnTransformer",
                "transformers": [["s", {"class": "PCA", "n_components": "none"}, ["a"]]],
            },
        ],
        "fold_strategy": {"class": "KFold", "n_splits": 4},
        "normalize": True,
    }
    built = instantiate_objects(TrainConfig(setup=setup).setup, seed=9)
    assert built["encoding_method"].smoothing == 3
    decomposition, columns = built["custom_pipeline"].values()
    assert (decomposition.n_components, decomposition.random_state) == (2, 9)
    assert columns.transformers[0][1].n_components is None
    assert columns.transformers[0][1].random_state == 9
    assert built["fold_strategy"].get_n_splits() == 4
    assert built["normalize"] is True
