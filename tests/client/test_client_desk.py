"""A clerk's desk with the published client: queues that are waited for, and claims."""

import asyncio
from contextlib import aclosing

import pytest

from app.domain.authority import Role
from tests.client.connecting import Line, Open
from tests.given import City, Person
from yiguan_client import ClaimLost, Client, Desk, Hand, desk

TEAM = "500101001001001-WG"
WORKER = TEAM, Role.GRID_WORKER


async def reported(city: City, count: int) -> Person:
    worker = await city.person(*WORKER, name="巡查")
    for number in range(count):
        # Far from each other, or they would be one matter.
        await worker.post(city.report(f"楼下一堆垃圾好臭 {number}", source="sensor"))
    return worker


def numbers(units: list[dict]) -> set[str]:
    return {unit["number"] for unit in units}


async def claims(client: Client) -> int:
    held = await Desk(client, TEAM).page(mine=True)
    assert held is not None
    return len(held.units)


async def test_a_page_is_told_again_only_when_it_has_changed(city: City, client_of: Open):
    worker, client = await reported(city, 2), await client_of(*WORKER)
    queue = Desk(client, TEAM)
    page = await queue.page("to_accept")
    assert page is not None
    assert len(page.units) == 2
    assert await queue.page("to_accept", known=page.tag) is None
    await worker.act(page.units[0]["id"], "accept")
    changed = await queue.page("to_accept", known=page.tag)
    assert changed is not None
    assert numbers(changed.units) == numbers(page.units[1:])


async def test_watching_a_queue_yields_it_each_time_it_changes(city: City, client_of: Open):
    worker, client = await reported(city, 1), await client_of(*WORKER)
    async with aclosing(Desk(client, TEAM).watch("to_accept")) as pages:  # type: ignore[type-var]
        first = await anext(pages)
        waiting = asyncio.ensure_future(anext(pages))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await worker.act(first[0]["id"], "accept")
        assert await asyncio.wait_for(waiting, 5) == []


async def test_two_clerks_never_have_the_same_unit_in_hand(city: City, client_of: Open):
    await reported(city, 3)
    one, other = await client_of(*WORKER), await client_of(*WORKER, name="同事")
    async with (
        Desk(one, TEAM).claimed("to_accept", most=2) as mine,
        Desk(other, TEAM).claimed("to_accept", most=2) as theirs,
    ):
        assert (len(mine.units), len(theirs.units)) == (2, 1)
        assert not numbers(mine.units) & numbers(theirs.units)


async def test_what_nothing_was_done_to_is_put_back(city: City, client_of: Open):
    await reported(city, 2)
    client = await client_of(*WORKER)
    async with Desk(client, TEAM).claimed(most=2) as hand:
        assert await claims(client) == 2
        done = await hand.act(hand.units[0], "accept")
        assert done["state"] == "accepted"
        assert list(hand.tokens) == [hand.units[1]["id"]]
        noted = await hand.act(hand.units[1], "note", reason="已电话联系")
        assert noted["id"] in hand.tokens
    assert await claims(client) == 0


async def test_it_is_put_back_also_when_the_work_fails(city: City, client_of: Open):
    await reported(city, 1)
    client = await client_of(*WORKER)
    with pytest.raises(ZeroDivisionError):
        async with Desk(client, TEAM).claimed():
            raise ZeroDivisionError
    assert await claims(client) == 0


async def test_a_lease_is_renewed_for_as_long_as_the_work_takes(
    city: City, client_of: Open, monkeypatch: pytest.MonkeyPatch
):
    await reported(city, 1)
    client = await client_of(*WORKER)
    # Every 20 ms of the real time, while the city's goes by in leaps.
    monkeypatch.setattr(desk, "RENEWALS", 3000)
    async with Desk(client, TEAM).claimed(lease=60) as hand:
        for _ in range(3):
            city.clock.forward(seconds=45)
            await renewed(client)
        assert await claims(client) == 1
        assert (await hand.act(hand.units[0], "accept"))["state"] == "accepted"


async def renewed(client: Client) -> None:
    """Wait until the lease has been renewed from now on, and the answer has come."""
    line = client.http._transport
    assert isinstance(line, Line)
    before = len(line.asked)
    async with asyncio.timeout(5):
        while len(line.asked) < before + 3:  # noqa: ASYNC110  (nothing tells of it)
            await asyncio.sleep(0.02)


async def test_a_unit_that_is_no_longer_in_hand_is_not_acted_upon(city: City, client_of: Open):
    await reported(city, 1)
    client = await client_of(*WORKER)
    async with Desk(client, TEAM).claimed(lease=60) as hand:
        city.clock.forward(seconds=120)
        await refused(hand)
    assert hand.tokens == {}


async def refused(hand: Hand) -> None:
    with pytest.raises(ClaimLost):
        await hand.act(hand.units[0], "accept")
