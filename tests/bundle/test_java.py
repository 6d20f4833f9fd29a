"""The bundle for Java: what is generated, what it refuses, and the records it reads."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.bundle.java import render_java_files
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.errors import DataError
from pipeline.export.feed_contract import describe_feed
from pipeline.manifest.columns import Cells, Input, Known
from tests.bundle import proven
from tests.bundle.languages import JAVA

RECORDS = Path(__file__).parent / "java" / "Records.java"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


def with_columns(source: BundleSource, *names: str) -> BundleSource:
    """The model with other columns, all numbers."""
    inputs = tuple(Input(name, "number", Cells(), Known()) for name in names)
    manifest = replace(source.manifest, inputs=inputs, feed=describe_feed(inputs))
    golden = {**json.loads(source.golden), "inputs": {name: [1.0] for name in names}}
    golden["kinds"] = ["table"]
    golden["expected"] = golden["graph"]["expected"] = {"prediction_label": [1.0]}
    return replace(source, manifest=manifest, golden=json.dumps(golden))


def test_rows_and_answers_are_typed(source: BundleSource, tmp_path: Path) -> None:
    files = render_java_files(source)
    for component in (
        '@Column("body mass [kg]") Double bodyMassKg,',
        '@Column("smoker") String smoker,',
        '@Column("member") Boolean member,',
        '@Column("joined") Temporal joined)',
    ):
        assert component in files["scorer/Row.java"]
    assert "record Answer(Double label)" in files["scorer/Answer.java"]
    whole = render_java_files(read_source(proven.classification(tmp_path, (0, 1, 2))))
    head = "record Answer(Long label, Double score, Map<Long, Double> scores)"
    assert head in whole["scorer/Answer.java"]


def test_no_name_is_a_word_of_java(source: BundleSource) -> None:
    names = ("class", "wait", "hash code", '"\\', "1st\n", "\\u000a", "Größe", "größe", "🙂")
    row = render_java_files(with_columns(source, *names))["scorer/Row.java"]
    assert row.isascii()
    fields = re.findall(r"Double (\w+)[,)]", row)
    assert fields[:3] == ["columnClass", "columnWait", "columnHashCode"]
    assert len({*fields}) == len(names)
    texts = [json.loads(text) for text in re.findall(r'@Column\((".*")\)', row)]
    assert texts == [*names]


def test_more_columns_than_a_record_takes_are_refused(source: BundleSource) -> None:
    render_java_files(with_columns(source, *map(str, range(254))))
    with pytest.raises(DataError, match="255 columns"):
        render_java_files(with_columns(source, *map(str, range(255))))


@pytest.mark.long
def test_records_are_read_as_maps_are(source: BundleSource, tmp_path: Path) -> None:
    folder = JAVA.build(tmp_path / "bundle", source)
    shutil.copy(RECORDS, folder)
    *days, other, empty = JAVA.shell(folder, "java -cp . Records.java").splitlines()
    assert len({*days}) == 1
    assert len(days) == 5
    assert 'the column "' in other
    assert empty == "[]"
