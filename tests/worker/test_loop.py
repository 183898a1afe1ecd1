"""Loops go on whatever happens, and end when they are told to."""

import asyncio

import pytest
import structlog

from app.domain.errors import Unavailable
from app.worker.loop import again


async def test_a_turn_that_fails_is_followed_by_the_next():
    turns = 0

    async def work() -> float:
        nonlocal turns
        turns += 1
        if turns == 1:
            raise Unavailable(zh="数据库不在", en="the database is away")
        if turns == 2:
            raise ZeroDivisionError
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await again(work)
    assert turns == 3


async def test_a_loop_told_to_end_ends_though_its_statement_broke_off_with_another_error():
    begun = asyncio.Event()

    async def work() -> float:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as error:
            # As the driver does when a transaction is left in the middle of a statement.
            raise Unavailable(zh="数据库不在", en="the database is away") from error
        return 0

    loop = asyncio.create_task(again(work))
    await begun.wait()
    loop.cancel()
    done, _ = await asyncio.wait([loop], timeout=5)
    assert done
    assert loop.cancelled()


async def test_what_is_waited_for_is_said_once():
    turns = 0

    async def work() -> float:
        nonlocal turns
        turns += 1
        if turns == 3:
            raise asyncio.CancelledError
        raise Unavailable(zh="尚无规则库", en="no rulebook is published")

    with structlog.testing.capture_logs() as said, pytest.raises(asyncio.CancelledError):
        await again(work)
    assert [one["error"] for one in said] == ["no rulebook is published"]
