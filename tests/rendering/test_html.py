"""Pages that need nothing but themselves."""

from __future__ import annotations

import base64
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rendering import html


@given(st.binary(max_size=99))
def test_a_file_is_an_address(content: bytes) -> None:
    kind, _, data = html.make_data_uri(content, "image/png").partition(";base64,")
    assert kind == "data:image/png"
    assert base64.b64decode(data) == content


def test_what_a_page_says_is_text(tmp_path: Path) -> None:
    (tmp_path / "p.html").write_text("<p>{{ said }}</p>")
    page = html.render_template("p.html", {"said": "<script>alert('&')</script>"}, tmp_path)
    assert page == "<p>&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</p>"


def test_a_value_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "p.html").write_text("{{ nothing }}")
    with pytest.raises(jinja2.UndefinedError):
        html.render_template("p.html", {}, tmp_path)


def test_a_file_is_written_into_a_new_folder(tmp_path: Path) -> None:
    html.write_page(tmp_path / "a" / "b" / "c", b"x")
    assert (tmp_path / "a" / "b" / "c").read_bytes() == b"x"
