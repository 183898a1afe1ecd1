"""Versions from the command line: a draft kept, scheduled, published, taken back."""

import re
from pathlib import Path

import pytest

from app.sheets import responsibility
from tests import given
from tests.operating.conftest import Terminal

NEW_YEAR = "2099-01-01T00:00"


@pytest.fixture
def sheet(tmp_path: Path) -> str:
    path = tmp_path / "list.csv"
    responsibility.write(path, given.entries()[:4])
    return str(path)


def rows(text: str) -> list[tuple[str, str]]:
    """The versions a table shows, with their states."""
    return re.findall(
        r"^\s*(d?\d+) +(\S+) (?:draft|scheduled|in force|past|withdrawn)", text, re.MULTILINE
    )


def test_a_draft_changes_nothing_until_it_is_published(
    yiguan: Terminal, database_url: str, sheet: str
):
    said = yiguan("load", "list", sheet, "--draft", YIGUAN_DATABASE_URL=database_url)
    assert "kept as draft d1" in said.text
    assert rows(yiguan("rulebook", "drafts").text) == [("d1", "草稿")]
    assert rows(yiguan("rulebook", "list").text) == [("1", "现行")]
    assert rows(yiguan("rulebook", "publish", "d1").text) == [("2", "预定")]


def test_a_moment_without_an_offset_is_the_citys(yiguan: Terminal, database_url: str, sheet: str):
    words = ("load", "list", sheet, "--at", NEW_YEAR, "--note", "新年起")
    assert "2099-01-01 00:00:00 起生效" in yiguan(*words, YIGUAN_DATABASE_URL=database_url).text
    shown = yiguan("rulebook", "show", "2").text
    assert "2099-01-01 00:00:00" in shown
    assert "新年起" in shown


def test_what_is_scheduled_is_withdrawn(yiguan: Terminal, database_url: str, sheet: str):
    yiguan("load", "list", sheet, "--at", NEW_YEAR, YIGUAN_DATABASE_URL=database_url)
    assert rows(yiguan("rulebook", "withdraw", "2").text) == [("2", "已撤回")]


def test_what_is_published_is_rolled_back_and_what_is_scheduled_stays(
    yiguan: Terminal, database_url: str, sheet: str
):
    yiguan("load", "list", sheet, "--at", NEW_YEAR, YIGUAN_DATABASE_URL=database_url)
    yiguan("load", "list", sheet)
    said = yiguan("rulebook", "roll-back", "1", "--note", "先退回")
    # Version 3 has its five seconds' notice; 4, from New Year on, is made anew as 6.
    assert [name for name, _ in rows(said.text)] == ["5", "3", "6"]


def test_every_part_is_shown_with_its_checksum(yiguan: Terminal, database_url: str):
    said = yiguan("rulebook", "show", YIGUAN_DATABASE_URL=database_url)
    assert len(re.findall(r"[0-9a-f]{40,}", said.text)) == 6


def test_a_preview_of_judging_again_counts_what_there_is(yiguan: Terminal, database_url: str):
    said = yiguan("rulebook", "rejudge", YIGUAN_DATABASE_URL=database_url)
    assert "looked at 0; 会改 would change 0" in said.text


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("publish", "d9"), "d9"),
        (("roll-back", "9"), "9"),
        (("withdraw", "1"), "roll back"),
        (("show", "x"), "x"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    yiguan: Terminal, database_url: str, words: tuple[str, ...], named: str
):
    said = yiguan("rulebook", *words, YIGUAN_DATABASE_URL=database_url)
    assert (said.code, len(said.lines), named in said.text) == (1, 1, True)


def test_a_moment_that_is_none_is_shown_a_good_one(yiguan: Terminal, database_url: str, sheet: str):
    words = ("load", "list", sheet, "--at", "tomorrow")
    said = yiguan(*words, YIGUAN_DATABASE_URL=database_url)
    assert "2026-12-01T00:00" in said.text
