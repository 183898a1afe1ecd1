"""kill -9 and lost answers under casework: an accept sent again under its key is never stale."""

import asyncio
import itertools
from collections import Counter
from contextlib import suppress
from uuid import uuid4

import httpx

from app.api.once import HEADER, REPLAYED
from tests import given
from tests.torture import checker
from tests.torture.load import PAUSE, report
from tests.torture.proxy import Cut, Stream, proxy
from tests.torture.town import TEAM, Tell, Town, come_true

KILLS = 2
PEOPLE = 8


class Team:
    """People who report and accept, each call sent until it is answered."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.accepted: list[str] = []
        self.answers: Counter[str] = Counter()
        self.stopped = False
        self._key = key

    async def work(self) -> None:
        headers = {"Authorization": f"Bearer {self._key}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
            while not self.stopped:
                sent = report(text="楼下一堆垃圾好臭没人收", place={"code": given.GRID})
                await self.call(client, "/v1/events", sent, {})
                path = f"/v1/units/{sent['id']}:accept"
                answer = await self.call(
                    client, path, {}, {HEADER: str(uuid4()), "If-Match": '"1"'}
                )
                replayed = " replayed" if REPLAYED in answer.headers else ""
                self.answers[f"{answer.status_code}{replayed}"] += 1
                self.accepted.append(sent["id"])

    async def call(
        self, client: httpx.AsyncClient, path: str, body: object, headers: dict[str, str]
    ) -> httpx.Response:
        while True:
            with suppress(httpx.TransportError):
                answer = await client.post(f"{self.url}{path}", json=body, headers=headers)
                if answer.status_code != 503:
                    return answer
            await asyncio.sleep(PAUSE)

    async def until(self, count: int) -> None:
        wanted = len(self.accepted) + count

        async def are_there() -> bool:
            return len(self.accepted) >= wanted

        await come_true(are_there, within=45)


async def test_an_accept_whose_answer_died_with_the_service_is_answered(town: Town, counted: Tell):
    service = await town.serve()
    numbers = itertools.count(1)

    async def connect() -> Stream:
        return await asyncio.open_connection("127.0.0.1", service.port)

    async def lose_some(_answer: bytes) -> Cut:
        return Cut.BEFORE if next(numbers) % 7 == 0 else Cut.NOT

    async with proxy(connect, answered=lose_some) as port:
        team = Team(f"http://127.0.0.1:{port}", town.keys[TEAM])
        people = [asyncio.create_task(team.work()) for _ in range(PEOPLE)]
        for _ in range(KILLS):
            await team.until(60)
            service.kill()
            service = await town.serve(service.port)
        await team.until(60)
        team.stopped = True
        await asyncio.gather(*people)
    counted(f"{team.answers}")

    assert team.answers["200 replayed"] > 5
    assert {answer.partition(" ")[0] for answer in team.answers} == {"200"}
    accepts = "SELECT count(*) FROM step WHERE action = 'accept'"
    assert await town.value(accepts) == len(team.accepted)
    assert await checker.faults(town.url) == {}
