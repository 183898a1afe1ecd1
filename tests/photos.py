"""People with photographs: what tests of uploads and of evidence share."""

from typing import Any

import httpx

from app.domain.authority import Role
from tests.given import GRID, HARBOUR, City, Person

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"


async def worker(city: City, name: str = "") -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER, name=name)


async def clerk(city: City, centre: str = HARBOUR) -> Person:
    return await city.person(f"{centre}-ZX", Role.CLERK)


async def send(
    person: Person, content: Any = JPEG, name: str = "现场.jpg", **headers: str
) -> httpx.Response:
    return await person.call(
        "POST", "/v1/attachments", params={"name": name}, content=content, headers=headers
    )


async def uploaded(person: Person, content: bytes = JPEG) -> str:
    answer = await send(person, content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def exhibit(attachment: str, phase: str = "after") -> dict[str, str]:
    return {"id": attachment, "phase": phase}


async def filed(person: Person, text: str = "楼下一堆垃圾好臭", **changes: Any) -> str:
    answer = await person.post(person.city.report(text, **changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["event"])


async def shown(person: Person, unit: str) -> list[tuple[str, str, bool]]:
    found = await person.get(f"/v1/units/{unit}/attachments")
    return [(one["id"], one["phase"], one["event"] is not None) for one in found["items"]]
