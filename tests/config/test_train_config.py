"""Specs and settings: what is read, what is refused, and how the refusal reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.config.train_config import DatasetSpec, Tolerance, TrainConfig, read_config, read_spec
from pipeline.errors import ConfigError

SPEC = {"name": "mine", "task": "regression", "target": "y", "file": "mine.csv"}


def refusal(make, **values) -> str:
    with pytest.raises(ConfigError) as caught:
        make(**values)
    assert caught.value.exit_code == 3
    return str(caught.value)


def written(folder: Path, text: str, name: str = "run.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults_are_those_of_the_command_line() -> None:
    config = read_config()
    assert (config.fold, config.seed, config.register, config.finalize) == (10, 1, True, True)
    assert (config.setup, config.compare, config.tune) == ({}, {}, None)
    assert config.include is None


def test_a_config_file_holds_every_section(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        dataset = "juice"
        include = ["lr", "gbc"]
        metric = "AUC"
        fold = 5
        register = false
        ignore = ["STORE"]
        [setup]
        normalize = true
        imputation_type = "none"
        [compare]
        budget_time = 2.5
        [tune]
        n_iter = 20
        [ensemble]
        method = "Boosting"
        [blend]
        top = 2
        [stack]
        models = ["lr", "nb"]
        meta = "lda"
        [calibrate]
        [threshold]
        probability_threshold = 0.4
        """,
    )
    config = read_config(file)
    assert config.include == ("lr", "gbc")
    assert config.setup == {"normalize": True, "imputation_type": None}
    assert config.compare == {"budget_time": 2.5}
    assert config.tune == {"n_iter": 20}
    assert (config.ensemble, config.blend) == ({"method": "Boosting"}, {"top": 2})
    assert config.stack == {"models": ["lr", "nb"], "meta": "lda"}
    assert (config.calibrate, config.threshold) == ({}, {"probability_threshold": 0.4})
    assert (config.metric, config.fold, config.register) == ("AUC", 5, False)
    assert config.ignore == ("STORE",)


def test_a_byte_order_mark_before_a_config_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "train.toml"
    file.write_text("fold = 5\n", "utf-8-sig")
    assert read_config(file).fold == 5


def test_an_empty_tune_section_means_tune_with_pycarets_defaults(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, "[tune]\n")).tune == {}


def test_flags_override_the_file_and_absent_flags_do_not(tmp_path: Path) -> None:
    file = written(tmp_path, "fold = 5\nseed = 7\nexclude = ['lr']")
    config = read_config(file, fold=3, seed=None, include=["gbr"])
    assert (config.fold, config.seed) == (3, 7)
    assert (config.include, config.exclude) == (("gbr",), None)


def test_a_flag_that_names_the_table_replaces_the_files_table(tmp_path: Path) -> None:
    file = written(tmp_path, "data = 'a.csv'\ntarget = 'y'\ntask = 'regression'")
    named = read_config(file, dataset="juice")
    assert (named.dataset, named.data, named.target, named.task) == ("juice", None, None, None)
    other = read_config(file, data=Path("b.csv"))
    assert (other.data, other.target) == (Path("b.csv"), "y")


def test_paths_in_a_file_count_from_its_folder(tmp_path: Path) -> None:
    file = written(tmp_path, "data = 'a.csv'\ntarget = 'y'\noutput = 'out'")
    config = read_config(file)
    assert (config.data, config.output) == (tmp_path / "a.csv", tmp_path / "out")
    spec = written(tmp_path, "dataset = 'own.toml'", "other.toml")
    assert read_config(spec).dataset == str(tmp_path / "own.toml")
    assert read_config(written(tmp_path, "dataset = 'juice'", "third.toml")).dataset == "juice"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"sead": 3}, "got the unknown key 'sead'. Did you mean 'seed'?"),
        ({"n_iter": 3}, "put it under [tune]"),
        ({"normalize": True}, "put it under [setup]"),
        ({"fit_kwargs": {}}, "put it under [compare] or [tune]"),
        ({"weights": [1, 2]}, "put it under [blend]"),
        ({"meta": "lr"}, "put it under [stack]"),
        ({"blend": ["lr"]}, "blend: got ['lr'] (a list), expected a table of arguments"),
        ({"zzzz": 1}, "Known: "),
        ({"fold": "ten"}, "fold: got 'ten' (text), expected a whole number"),
        ({"fold": True}, "fold: got True (true or false), expected a whole number"),
        ({"fold": 5.0}, "fold: got 5.0 (a number), expected a whole number"),
        ({"fold": 1}, "expected greater than or equal to 2"),
        ({"seed": -1}, "expected greater than or equal to 0"),
        ({"register": "no"}, "register: got 'no' (text), expected true or false"),
        ({"finalize": 1}, "finalize: got 1 (a whole number), expected true or false"),
        ({"include": "gbr"}, "include: got 'gbr' (text), expected a list of texts"),
        ({"include": ["lgbm"]}, "Did you mean 'lightgbm'?"),
        ({"include": []}, "got an empty list"),
        ({"include": ["lr"], "exclude": ["dt"]}, "got both"),
        ({"exclude": ["kr"], "task": "classification"}, "a model id of classification"),
        ({"metric": "acuracy"}, "Did you mean 'Accuracy'?"),
        ({"metric": "AUC", "task": "regression"}, "expected a metric of regression"),
        ({"task": "regresion"}, "expected 'regression'"),
        ({"setup": 3}, "setup: got 3 (a whole number), expected a table of arguments"),
        ({"output": 3}, "output: got 3 (a whole number), expected the path of a file"),
        ({"experiment": ""}, "expected text that is not empty"),
        ({"numeric": ["a"], "ignore": ["a"]}, "column 'a', which is already under 'numeric'"),
        ({"fold": "x", "seed": "y"}, "fold: got 'x'"),
    ],
)
def test_a_wrong_setting_says_got_expected_and_what_to_do(values, says: str) -> None:
    assert says in refusal(TrainConfig, **values)


def test_several_faults_are_named_together() -> None:
    text = refusal(TrainConfig, fold="x", seed="y", sead=1)
    assert "fold: got 'x'" in text
    assert "seed: got 'y'" in text
    assert "'sead'" in text


def test_a_refusal_names_the_file_it_is_about(tmp_path: Path) -> None:
    file = written(tmp_path, "fold = 'ten'")
    assert refusal(read_config, file=file).startswith(str(file))
    assert "expected TOML" in refusal(read_config, file=written(tmp_path, "fold = "))
    assert "cannot be read" in refusal(read_config, file=tmp_path / "none.toml")
    assert "cannot be read" in refusal(read_spec, file=tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"x = " + b"[" * 5_000 + b"]" * 5_000,
        b"[tune]\nx = " + b"{x=" * 5_000 + b"1" + b"}" * 5_000,
        b"fold = " + b"9" * 5_000,
        b"fold = 0x" + b"f" * 5_000,
        b"[compare]\nx = 0x" + b"f" * 5_000,
        b'dataset = "\xff"',
        b"fold = 5\x00",
    ],
)
def test_what_no_message_could_show_is_refused_by_its_file(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_bytes(content)
    for read in (read_config, read_spec):
        text = refusal(read, file=file)
        assert text.startswith(str(file))
        assert len(text) < 1_000


def test_a_config_is_checked_again_once_its_task_is_known() -> None:
    config = TrainConfig(include=("rbfsvm",), setup={"imputation_type": "none"})
    assert config.for_task("classification").task == "classification"
    assert config.for_task("classification").setup == {"imputation_type": None}
    with pytest.raises(ConfigError, match="a model id of regression"):
        config.for_task("regression")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        TrainConfig().fold = 3
    with pytest.raises(ValidationError):
        DatasetSpec(**SPEC).target = "x"


def test_a_spec_reads_its_file_from_its_own_folder(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        name = "mine"
        task = "classification"
        target = "y"
        file = "data/mine.csv"
        date = ["when"]
        [tolerance]
        probability = 1e-12
        """,
    )
    spec = read_spec(file)
    assert spec.file == tmp_path / "data" / "mine.csv"
    assert spec.date == ("when",)
    assert spec.tolerance == Tolerance(regression=1e-9, probability=1e-12)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"targt": "y"}, "Did you mean 'target'?"),
        ({"normalize": True}, "got the unknown key 'normalize'. Known: "),
        ({"target": None}, "target: got None"),
        ({"numeric": "a"}, "numeric: got 'a' (text), expected a list of texts"),
        ({"numeric": ["a"], "date": ["a"]}, "already under 'numeric'"),
        ({"numeric": ["a", "a"]}, "already under 'numeric'"),
        ({"ignore": ["y"]}, "also under `ignore`"),
        ({"name": "a/b"}, "letters, digits"),
        ({"metric": "Accuracy"}, "expected a metric of regression"),
        ({"tolerance": {"regression": 1e-6}}, "expected less than or equal to"),
        ({"tolerance": {"regresion": 1e-10}}, "Did you mean 'regression'?"),
        ({"tolerance": {"probability": -1.0}}, "expected greater than or equal to 0"),
    ],
)
def test_a_wrong_spec_says_got_expected_and_what_to_do(changed, says: str) -> None:
    text = refusal(DatasetSpec, **{**SPEC, **changed})
    # a nested table names its own key, without the table's name in front
    assert says.replace("Did you mean 'regression'?", "'regresion'") in text


def test_a_spec_without_target_says_which_key_is_missing() -> None:
    assert "the key 'target' is missing" in refusal(DatasetSpec, name="a", task="regression")


def test_the_choice_between_candidates_is_checked() -> None:
    config = TrainConfig(top=5, select="size", max_bytes=10_000, max_microseconds_per_row=50)
    assert (config.top, config.select, config.max_microseconds_per_row) == (5, "size", 50.0)
    assert (TrainConfig().top, TrainConfig().select, TrainConfig().max_bytes) == (3, "metric", None)
    assert "got 'speed' (text), expected 'metric', 'latency' or 'size'" in refusal(
        TrainConfig, select="speed"
    )
    assert "expected greater than 0" in refusal(TrainConfig, max_bytes=0)
    assert "expected a number" in refusal(TrainConfig, max_microseconds_per_row="fast")
    assert "Did you mean 'select'" in refusal(TrainConfig, selct="size")


def test_columns_of_a_flag_join_those_of_the_file_and_leave_other_kinds(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('ignore = ["a"]\nnumeric = ["b", "c"]\n')
    config = read_config(file, ignore=("b",), categorical=("d",))
    assert config.ignore == ("a", "b")
    assert config.numeric == ("c",)
    assert config.categorical == ("d",)
