"""A unit in somebody's hands, and the people who ask for something and decide about it."""

from dataclasses import dataclass
from typing import Any

import httpx

from app.domain.authority import Role
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person

UNTIL = "2026-12-21T09:00:00+08:00"


@dataclass
class Matter:
    """One unit of the grid team's, in the harbour street of the eastern district."""

    city: City
    id: str
    worker: Person
    street: Person
    district: Person
    top: Person

    @classmethod
    async def accepted(cls, city: City, **changes: Any) -> "Matter":
        worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
        heads = [await city.person(f"{area}-ZX", Role.SUPERVISOR) for area in (HARBOUR, EAST, CITY)]
        unit = (await worker.post(city.report(**changes))).json()["unit"]["id"]
        await worker.act(unit, "accept")
        return cls(city, unit, worker, *heads)

    async def now(self) -> dict[str, Any]:
        """The unit as its centre sees it."""
        found: dict[str, Any] = await self.street.get(f"/v1/units/{self.id}")
        return found

    async def ask(self, kind: str, *, by: Person | None = None, **body: Any) -> httpx.Response:
        path = f"/v1/units/{self.id}:request"
        body = {"kind": kind, "reason": "因为", **body}
        return await (by or self.worker).call("POST", path, json=body)

    async def asked(self, kind: str = "extension", **body: Any) -> str:
        answer = await self.ask(kind, **body)
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        return found

    async def log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.street.get(f"/v1/units/{self.id}/steps"))["items"]
        return found

    async def actions(self) -> list[str]:
        return [line["action"] for line in await self.log()]

    async def outcome(self, request: str) -> dict[str, Any]:
        """What became of a request, as who asked sees it."""
        items = (await self.worker.get("/v1/requests", whose="own"))["items"]
        (found,) = [one for one in items if one["id"] == request]
        return dict(found)


async def decide(
    person: Person, request: str, word: str, reason: str = "", **more: str
) -> httpx.Response:
    body = {"reason": reason, **more}
    return await person.call("POST", f"/v1/requests/{request}:{word}", json=body)


async def decided(
    person: Person, request: str, word: str, reason: str = "", **more: str
) -> dict[str, Any]:
    answer = await decide(person, request, word, reason, **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
