"""An HTML page taken apart with the standard library's parser."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "source", "br", "link", "input"}


@dataclass
class Page(HTMLParser):
    """Tags with their attributes, the text of the page, and whether every tag is closed."""

    text: str
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)
        self.feed(self.text)
        self.close()
        assert self.open == [], "tags left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def said(self) -> str:
        """All text, white space collapsed."""
        return " ".join(" ".join(self.words).split())

    def attributes(self, *names: str) -> list[str]:
        """Values of these attributes, of whatever tag."""
        return [attrs[name] for _, attrs in self.tags for name in names if name in attrs]

    def blocks(self, tag: str) -> list[str]:
        """Text of every <tag>…</tag> that holds no other tag."""
        from html import unescape

        return [unescape(found) for found in re.findall(rf"<{tag}>([^<]*)</{tag}>", self.text)]


def decoded(address: str) -> bytes:
    """Content of a base64 data: address."""
    head, content = address.split(",", 1)
    assert re.fullmatch(r"data:image/(png|svg\+xml);base64", head), head
    return base64.b64decode(content, validate=True)
