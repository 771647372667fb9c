"""A page is one file that fetches nothing, runs nothing and escapes what users wrote."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import pandas as pd
import pytest

from equipoise.charts import picture
from equipoise.exceptions import InputError
from equipoise.pages import Note, Page, Section, Table, Text

NASTY = "<script>alert(\"1\")</script> & 'x'"


class Reader(HTMLParser):
    """Checks that elements nest, and collects ids, references and text."""

    VOID = frozenset({"meta", "br", "link", "img", "path", "use", "rect"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def drawn(name: str = "a"):
    def draw(figure):
        axes = figure.subplots()
        axes.plot([0, 1], [1, 0], marker="o")
        axes.set_title(name)

    return picture(draw, size=(3, 2), alt=f"A line of {name}.", caption="Read it.")


def page(name: str = "a") -> Page:
    table = pd.DataFrame({name: [name, 1]})
    blocks = [Text([name]), Note(name), Table(table, name), drawn(name), drawn(name)]
    return Page(name, name, [Section(name, blocks), Section("two", [drawn("b")])])


def test_a_page_is_well_formed_and_its_ids_are_unique():
    read = Reader(page().html())
    assert [name for name, times in Counter(read.ids).items() if times > 1] == []
    assert read.tags["svg"] == read.tags["figcaption"] == 3


def test_every_reference_finds_its_own_picture():
    html = page().html()
    ids = set(Reader(html).ids)
    for number, svg in enumerate(re.findall(r"<svg.*?</svg>", html, re.DOTALL), start=1):
        used = re.findall(r'(?:href="#|url\(#)([^")]+)', svg)
        assert used and set(used) <= ids
        assert all(name.startswith(f"p{number}-") for name in used)


def test_a_page_fetches_nothing_and_runs_nothing():
    html = page().html()
    assert not re.search(r"https?:|<script|<link|<img|@import|javascript:|\bon\w+=", html)


def test_what_users_wrote_is_text():
    html = page(NASTY).html()
    assert "<script" not in html
    said = " ".join(Reader(html).said)
    assert said.count(NASTY) >= 9


def test_every_picture_says_what_it_shows():
    for svg in re.findall(r"<svg.*?</svg>", page().html(), re.DOTALL):
        assert re.match(r'<svg [^>]*role="img"[^>]*><title>A line of \w\.</title>', svg)


def test_the_same_page_has_the_same_bytes(tmp_path):
    page().save(tmp_path / "one.html")
    page().save(tmp_path / "two.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_page_needs_a_folder_that_exists(tmp_path):
    with pytest.raises(InputError):
        page().save(tmp_path / "none" / "page.html")
    assert list(tmp_path.iterdir()) == []
