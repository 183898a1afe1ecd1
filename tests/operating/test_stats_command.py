"""stats in the terminal: figures shown and written, and all of them counted anew."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.api import figures
from app.cli import statistics
from app.domain.measure import Count
from app.domain.period import parse
from app.flows.statistics import Question, Row, Table
from app.store.tallies import By
from tests import given
from tests.operating.conftest import Terminal

STREET = f"{given.HARBOUR}-ZX"


def shown() -> dict[str, Any]:
    rulebook = given.in_memory()
    body = rulebook.organisations[next(c for c in rulebook.organisations if c == STREET)]
    counts = {Count.DISPOSE_ON_TIME: 2, Count.DISPOSE_LATE: 1, Count.OPENED: 4}
    row = Row(STREET, counts, 5, {}, {}, 0, 0)
    question = Question(body, parse("2026-11"), By.ORGANISATION)
    return figures.table(Table(question, [row], row, None), rulebook)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """What the service was asked; it answers with one row."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if "spreadsheet" in request.headers.get("accept", ""):
            return httpx.Response(200, content=b"a workbook")
        return httpx.Response(200, json=shown())

    transport = httpx.MockTransport(answer)
    service = httpx.Client(transport=transport, base_url="http://yiguan")
    monkeypatch.setattr(statistics, "client", lambda *_: service)
    return seen


def test_rows_show_the_figures_that_matter_with_their_rates(
    yiguan: Terminal, asked: list[httpx.Request]
):
    said = yiguan("stats", "--by", "organisation", "--period", "2026-11")
    assert said.code == 0, said.text
    assert dict(asked[0].url.params) == {
        "period": "2026-11",
        "by": "organisation",
        "subtree": "true",
    }
    assert "尚未统计" in said.text
    assert said.text.count("66.67%") == 2


def test_the_workbook_is_written_as_the_service_makes_it(
    yiguan: Terminal, asked: list[httpx.Request], tmp_path: Path
):
    file = tmp_path / "月报.xlsx"
    said = yiguan("stats", "--monthly", "--xlsx", str(file))
    assert said.code == 0, said.text
    assert asked[0].url.path == "/v1/statistics/monthly"
    assert file.read_bytes() == b"a workbook"


def test_counted_anew_it_says_whether_it_was_the_same(yiguan: Terminal, database_url: str):
    for words in (("--check",), ()):
        said = yiguan("stats", "rebuild", *words, YIGUAN_DATABASE_URL=database_url)
        assert said.code == 0, said.text
        assert said.lines[-1].startswith("0 个业务单元 / units, 与现有统计一致")
