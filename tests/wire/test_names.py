"""Asking the machine for the addresses of names."""

import asyncio
import contextlib
import socket

import pytest

from app.wire.names import SystemNames


async def test_the_machine_knows_its_own_name_and_is_asked_once_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
):
    asked: list[str] = []
    known = socket.getaddrinfo

    def ask(host, *args, **named):
        asked.append(host)
        return known("127.0.0.1", *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    resolver = SystemNames()
    answers = await asyncio.gather(*(resolver("somewhere.example", 80) for _ in range(20)))
    assert answers == [["127.0.0.1"]] * 20
    assert asked == ["somewhere.example"]
    await resolver("somewhere.example", 80)
    assert len(asked) == 2


async def test_a_name_nobody_waits_for_any_more_fails_quietly(monkeypatch: pytest.MonkeyPatch):
    def fail(*args, **named):
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    resolver = SystemNames()
    with pytest.raises(socket.gaierror):
        await resolver("broken.example", 80)
    given_up = asyncio.create_task(resolver("broken.example", 80))
    await asyncio.sleep(0)
    given_up.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await given_up
    await asyncio.sleep(0.05)
    with pytest.raises(socket.gaierror):
        await resolver("broken.example", 80)
