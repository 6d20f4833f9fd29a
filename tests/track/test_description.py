"""A description fits into MLflow, begins as it was written, and links to MLflow's own pages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.track.description import fit_description, format_links

LINE = "[report](#/experiments/1)"
BLOCKS = st.lists(
    st.sampled_from(("# title", "words " * 20, "| a | b |\n| --- | --- |\n| 1 | 2 |", "so:")),
    min_size=1,
    max_size=40,
)


@given(BLOCKS, st.integers(min_value=200, max_value=6000))
def test_a_description_is_never_longer_than_allowed(blocks: list[str], limit: int) -> None:
    assert len(fit_description("\n\n".join(blocks), LINE, limit)) <= limit


@given(BLOCKS)
def test_the_links_come_right_below_the_first_line(blocks: list[str]) -> None:
    found = fit_description("\n\n".join(["verdict", *blocks]), LINE, 500)
    assert found.startswith(f"verdict  \n{LINE}\n\n")


@given(BLOCKS)
def test_a_shortened_description_says_so_and_ends_without_a_title(blocks: list[str]) -> None:
    text = "\n\n".join(["verdict", *blocks, "the end " * 100])
    *_, before, last = fit_description(text, LINE, 700).split("\n\n")
    assert last.startswith("Shortened: ")
    assert not before.startswith("#")
    assert not before.endswith(":")


def test_a_block_that_is_too_long_takes_nothing_else_with_it() -> None:
    found = fit_description(
        f"verdict\n\n## table\n\n{'x' * 900}\n\n## limits\n\nfew rows", LINE, 500
    )
    assert "## table" not in found
    assert "## limits\n\nfew rows" in found


def test_a_table_gets_room_between_its_columns() -> None:
    found = fit_description("verdict\n\n| a | b |\n| --- | --- |\n| x \\| y | z |", LINE, 500)
    assert "| a\N{NO-BREAK SPACE} | b |\n| --- | --- |\n| x \\| y\N{NO-BREAK SPACE} | z |" in found


def test_links_lead_into_the_pages_for_models_of_whatever_server_shows_them() -> None:
    found = format_links("7", "abc", "m-1")
    assert "[report](#/experiments/7/runs/abc/artifacts/reports/report.html?" in found
    assert "[model](#/experiments/7/models/m-1?workflowType=machine_learning)" in found


def test_a_run_without_a_graph_links_to_no_model_and_no_parity_table() -> None:
    found = format_links("7", "abc", None)
    assert "[report](" in found
    assert "[model](" not in found
    assert "parity" not in found


def test_what_stood_on_the_second_line_comes_after_the_links() -> None:
    assert (
        fit_description("verdict  \nmodel\n\nmore", LINE, 500)
        == f"verdict  \n{LINE}  \nmodel\n\nmore"
    )


def test_a_paragraph_becomes_one_line_while_lists_and_code_stay() -> None:
    found = fit_description("verdict\n\nlong\ntext\n\n- a\n- b\n\n    run\n    it", LINE, 500)
    assert found.endswith("\n\nlong text\n\n- a\n- b\n\n    run\n    it")
