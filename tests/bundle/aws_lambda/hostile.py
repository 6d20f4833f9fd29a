"""Events that no caller means well with."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.bundle import proven

COLUMNS = (*proven.ROWS, "surplus\ud800", "__proto__")
CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None))
ANYTHING = st.recursive(
    CELLS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(COLUMNS), ANYTHING, max_size=5), max_size=3)
WHOLE = st.lists(st.fixed_dictionaries(dict.fromkeys(proven.ROWS, ANYTHING)), max_size=3)
PAYLOADS = ANYTHING | ROWS | WHOLE | ROWS.map(lambda rows: {"rows": rows})
DEEP = '{"rows":' + "[" * 100_000
