"""The memory of functions in AWS Lambda is the one that the measured curve says."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.lambda_page import (
    ONE_CPU,
    PICTURE,
    WORTH,
    Measured,
    pick_cheapest,
    pick_size,
    read_figures,
)
from pipeline.bundle.aws_lambda import MEMORY

SIZES = st.lists(st.sampled_from([128, 256, 512, 1024, ONE_CPU, 3008]), unique=True, min_size=1)


@pytest.mark.parametrize("language", MEMORY)
def test_templates_have_the_measured_memory(language: str) -> None:
    _, sizes = read_figures()
    assert MEMORY[language] == pick_size([s for s in sizes if s.language == language]).memory


def test_the_picture_is_there() -> None:
    assert ET.parse(PICTURE).getroot().tag.endswith("svg")


@given(memory=SIZES, work=st.floats(1, 1e5), floor=st.floats(0, 1e3))
def test_no_size_is_cheaper_and_none_as_cheap_is_faster(
    memory: list[int], work: float, floor: float
) -> None:
    sizes = [Measured("node", m, next=floor + work / min(m / ONE_CPU, 1)) for m in memory]
    costs = {s: s.find_cost(s.next or 0) for s in sizes}
    assert costs[pick_cheapest(sizes)] == min(costs.values())
    taken = pick_size([Measured("node", 64), *sizes])
    as_cheap = [s for s in sizes if costs[s] <= WORTH * min(costs.values())]
    assert taken in as_cheap
    assert all((taken.next or 0) <= (s.next or 0) for s in as_cheap)
