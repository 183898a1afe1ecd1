"""explain in the terminal: of a unit, or of a report that was not sent."""

import json
from typing import Any

import httpx
import pytest

from app.cli import explaining
from tests.operating.conftest import Terminal

TOPICS = [
    {"topic": "entry", "sentence": "SX-06010-1《垃圾裸露堆放》[注]。", "facts": {}},
    {"topic": "otherwise", "sentence": "若得分再低 0.14, 即转人工研判。", "facts": {}},
    {"topic": "otherwise", "sentence": "若位置只知到东江区, 将停在中心。", "facts": {}},
]
UNIT = {"kind": "item", "clause": "single", "holder": {"name": "第1网格网格队"}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """What the command asks of a service that always answers the same."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        number = {"number": "500101-20261120-00001"} if request.method == "GET" else {}
        return httpx.Response(200, json={"topics": TOPICS, "unit": UNIT, **number})

    def client(*_: object) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://yiguan")

    monkeypatch.setattr(explaining, "client", client)
    return requests


def test_a_unit_is_told_by_topic_each_heading_once(yiguan: Terminal, asked: list[httpx.Request]):
    said = yiguan("explain", "500101-20261120-00001")
    assert said.lines == [
        "500101-20261120-00001",
        "条目",
        "  SX-06010-1《垃圾裸露堆放》[注]。",
        "若情况不同",
        "  若得分再低 0.14, 即转人工研判。",
        "  若位置只知到东江区, 将停在中心。",
    ]
    assert asked[0].url.path == "/v1/units/500101-20261120-00001/explanation"


def test_a_report_is_explained_without_being_sent(yiguan: Terminal, asked: list[httpx.Request]):
    words = ("--text", "井盖没了", "--place", "500101", "--code", "01002", "--version", "d3")
    said = yiguan("explain", *words)
    report: dict[str, Any] = json.loads(asked[0].content)
    assert [request.url.path for request in asked] == ["/v1/rulebooks/d3:explain"]
    assert (report["text"], report["place"]["code"]) == ("井盖没了", "500101")
    assert report["category"] == {"code": "01002"}
    assert "id" not in report
    assert said.lines[0] == "未上报, 若上报: 事项(一个单位的一项单一职责) → 第1网格网格队"


def test_in_english_the_service_is_asked_in_english(yiguan: Terminal, asked: list[httpx.Request]):
    said = yiguan("explain", "500101-20261120-00001", "--en")
    assert asked[0].headers["Accept-Language"] == "en"
    assert "What would change it" in said.lines


def test_as_json_it_is_the_services_answer(yiguan: Terminal, asked: list[httpx.Request]):
    said = yiguan("explain", "--text", "井盖没了", "--json")
    assert json.loads(said.text)["topics"] == TOPICS
    assert len(asked) == 1


@pytest.mark.parametrize("words", [(), ("500101-20261120-00001", "--text", "井盖没了")])
def test_it_wants_a_unit_or_a_text_and_not_both(yiguan: Terminal, words: tuple[str, ...]):
    said = yiguan("explain", *words)
    assert said.code == 1
    assert "--text" in said.text
