"""304: a page that is as it was is not sent again, whoever asks which process."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.api.tables import XLSX
from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City, Person
from tests.queries import logged

QUEUE = f"/v1/organisations/{HARBOUR}-ZX/queue"
UNSURE = "说不清楚是啥子事情"


async def clerk(city: City, name: str = "小陈") -> Person:
    return await city.person(f"{HARBOUR}-ZX", Role.CLERK, name=name)


async def report(city: City) -> str:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit: str = (await worker.post(city.report(UNSURE))).json()["unit"]["id"]
    return unit


async def look(person: Person, tag: str = "", **asked: Any) -> httpx.Response:
    headers = {"If-None-Match": tag} if tag else {}
    return await person.call("GET", QUEUE, headers=headers, params=asked)


async def test_what_is_as_it_was_is_not_sent_again(city: City):
    await report(city)
    person = await clerk(city)
    page = await look(person)
    again = await look(person, page.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == page.headers["etag"]
    assert not page.headers["etag"].startswith("W/")


async def test_it_is_found_out_by_one_narrow_look(city: City):
    await report(city)
    person = await clerk(city)
    tag = (await look(person)).headers["etag"]
    async with logged(city.app.state.service.database) as queries:
        await look(person, tag)
    (query,) = queries
    assert "reasons" not in query


Change = Callable[[City, str], Awaitable[Any]]


async def _note(city: City, unit: str) -> None:
    await (await clerk(city)).act(unit, "note", reason="居民又来电")


async def _file(city: City, unit: str) -> None:
    await (await clerk(city)).act(unit, "file", entry="SX-06010-1")


async def _one_more(city: City, _unit: str) -> None:
    await report(city)


async def _claim(city: City, _unit: str) -> None:
    await (await clerk(city, "小李")).call("POST", f"{QUEUE}:claim", json={"lease": 60})


async def _urge(city: City, unit: str) -> None:
    above = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    await above.act(unit, "urge", reason="居民在等")


async def _turn_yellow(city: City, _unit: str) -> None:
    city.clock.forward(minutes=25)


@pytest.mark.parametrize("change", [_note, _file, _one_more, _claim, _urge, _turn_yellow])
async def test_whatever_changes_a_row_changes_the_tag(city: City, change: Change):
    unit = await report(city)
    person = await clerk(city)
    before = await look(person)
    city.clock.forward(seconds=1)
    await change(city, unit)
    after = await look(person, before.headers["etag"])
    assert after.status_code == 200
    assert after.json() != before.json()
    assert after.headers["etag"] != before.headers["etag"]


async def test_a_lease_that_ends_by_itself_changes_it_too(city: City):
    await report(city)
    person = await clerk(city)
    await _claim(city, "")
    held = await look(person)
    city.clock.forward(seconds=59)
    assert (await look(person, held.headers["etag"])).status_code == 304
    city.clock.forward(seconds=1)
    free = await look(person, held.headers["etag"])
    assert (free.status_code, free.json()["items"][0]["claim"]) == (200, None)


async def test_what_changes_elsewhere_does_not(city: City):
    await report(city)
    person = await clerk(city)
    tag = (await look(person)).headers["etag"]
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await worker.post(city.report())
    assert (await look(person, tag)).status_code == 304
    assert (await look(person, f'"other", {tag}')).status_code == 304


async def test_a_spreadsheet_is_another_page_and_has_its_304_too(city: City):
    await report(city)
    person = await clerk(city)
    tag = (await look(person)).headers["etag"]
    headers = {"Accept": XLSX}
    sheet = await person.call("GET", QUEUE, headers={**headers, "If-None-Match": tag})
    assert sheet.status_code == 200
    assert sheet.headers["content-type"] == XLSX
    headers["If-None-Match"] = sheet.headers["etag"]
    assert (await person.call("GET", QUEUE, headers=headers)).status_code == 304


async def test_whose_claim_it_is_tells_the_pages_of_two_people_apart(city: City):
    await report(city)
    await _claim(city, "")
    one, other = [await look(await clerk(city, name)) for name in ("小陈", "小李")]
    assert one.headers["etag"] != other.headers["etag"]
