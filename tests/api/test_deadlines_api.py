"""What a deadline would be, asked over HTTP: several at once, told day by day."""

from typing import Any

import httpx
import pytest

from app.domain.authority import Role
from tests.given import GRID, HARBOUR, City

FRIDAY = "2026-09-30T17:30"


async def ask(city: City, *items: dict[str, Any], **options: Any) -> httpx.Response:
    person = await city.person(f"{GRID}-WG", Role.REPORTER)
    headers = {"Accept-Language": options.pop("language", "zh")}
    body = {"items": list(items), **options}
    return await person.call("POST", "/v1/deadlines", json=body, headers=headers)


async def test_anybody_asks_several_at_once_in_any_form(shared_city: City):
    answer = await ask(
        shared_city,
        {"start": FRIDAY, "limit": "480m", "basis": "work"},
        {"start": "2026-09-30T09:30:00Z", "limit": "3工作日"},
        {"start": FRIDAY, "limit": "2h", "basis": "自然"},
        {"start": FRIDAY, "minutes": 1440, "basis": "wall"},
        {"start": "2026-11-20T09:30", "entry": "SX-06010-1"},
    )
    assert answer.status_code == 200
    assert [one["deadline"] for one in answer.json()["items"]] == [
        "2026-10-08T17:30:00+08:00",
        "2026-10-10T17:30:00+08:00",
        "2026-09-30T19:30:00+08:00",
        "2026-10-01T17:30:00+08:00",
        "2026-11-20T15:30:00+08:00",
    ]


async def test_an_answer_tells_its_days_and_by_which_calendar(shared_city: City):
    (told,) = (await ask(shared_city, {"start": FRIDAY, "limit": "8h"})).json()["items"]
    assert told["calendar"] == {
        "key": "", "name": "山城市", "version": 1, "covers_until": "2026-12-31"
    }  # fmt: skip
    assert sum(day["seconds"] for day in told["days"]) == told["limit_seconds"] == 8 * 3600
    assert [(day["first"], day["last"], day["idle"]) for day in told["days"]] == [
        ("2026-09-30", "2026-09-30", None),
        ("2026-10-01", "2026-10-07", "holiday"),
        ("2026-10-08", "2026-10-08", None),
    ]
    assert not told["provisional"]


async def test_in_english_and_without_days(shared_city: City):
    question = {"start": FRIDAY, "limit": "8h"}
    (told,) = (await ask(shared_city, question, language="en")).json()["items"]
    assert told["summary"] == "8 h on 2 days, skipping 2026-10-01~10-07 holiday"
    (bare,) = (await ask(shared_city, question, days=False)).json()["items"]
    assert (bare["days"], bare["deadline"]) == ([], told["deadline"])


async def test_beyond_the_published_year_it_is_provisional(shared_city: City):
    (told,) = (await ask(shared_city, {"start": "2026-12-31T17:00", "limit": "2h"})).json()["items"]
    assert told["provisional"]
    assert told["days"][-1]["is_provisional"]


async def test_a_body_without_a_calendar_of_its_own_has_the_citys(shared_city: City):
    (told,) = (
        await ask(shared_city, {"start": FRIDAY, "limit": "8h", "for": f"{HARBOUR}-ZX"})
    ).json()["items"]
    assert told["calendar"]["key"] == ""


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"start": FRIDAY}, "items[1].limit"),
        ({"start": FRIDAY, "limit": "2h", "minutes": 5}, "items[1].limit"),
        ({"start": FRIDAY, "limit": "尽快"}, "items[1].limit"),
        ({"start": FRIDAY, "limit": "0m"}, "items[1].limit"),
        ({"start": FRIDAY, "limit": "3工作日", "basis": "wall"}, "items[1].limit"),
        ({"start": FRIDAY, "entry": "SX-0"}, "items[1].entry"),
        ({"start": FRIDAY, "limit": "2h", "for": "nowhere"}, "items[1].for"),
        ({"start": "1999-01-01T08:00", "limit": "2h"}, "items[1].start"),
        ({"start": "0001-01-01T00:00:00+14:00", "limit": "2h"}, "items[1].start"),
    ],
)
async def test_what_cannot_be_counted_is_named(shared_city: City, item: dict[str, Any], field: str):
    answer = await ask(shared_city, {"start": FRIDAY, "limit": "2h"}, item)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "item",
    [
        {"start": 17, "limit": "2h"},
        {"start": "morgen", "limit": "2h"},
        {"start": FRIDAY, "limit": "2h", "basis": "sun"},
        {"start": FRIDAY, "minutes": 0},
        {"start": FRIDAY, "limit": "2h", "until": "then"},
    ],
)
async def test_what_cannot_be_read_is_refused(shared_city: City, item: dict[str, Any]):
    assert (await ask(shared_city, item)).status_code == 422


async def test_a_thousand_are_answered_and_no_more(shared_city: City):
    question = {"start": FRIDAY, "limit": "1工作日"}
    answer = await ask(shared_city, *[question] * 1000)
    assert len(answer.json()["items"]) == 1000
    assert (await ask(shared_city, *[question] * 1001)).status_code == 422


async def test_more_days_than_anybody_reads_are_refused(shared_city: City):
    question = {"start": FRIDAY, "limit": "2000工作日"}
    answer = await ask(shared_city, *[question] * 20)
    assert answer.status_code == 422
    assert "days=false" in answer.text
    assert (await ask(shared_city, *[question] * 20, days=False)).status_code == 200
