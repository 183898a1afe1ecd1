"""What the feed really tells of a played day conforms to the published schema of its type."""

import json
from typing import Any

from app.api.event_types import SCHEMA
from app.cli.operate import contract
from app.domain.authority import Role
from app.domain.rulebook import Part
from app.flows import publication
from tests import given
from tests.conforming import faults
from tests.given import City

CENTRE, STREET, TEAM = "500101-ZX", "500101001-ZX", "500101001001001-WG"


async def told(city: City, cursor: str, payload: str) -> list[dict[str, Any]]:
    reader = await city.person("500000-ZX", Role.SUPERVISOR)
    answer = await reader.get("/v1/feed", cursor=cursor, payload=payload, limit=1000)
    assert not answer["more"]
    items: list[dict[str, Any]] = answer["items"]
    return items


async def played(city: City) -> None:
    """Let a day go by: the forward path, side paths, a planned event, lateness, a new rulebook."""
    worker = await city.person(TEAM, Role.GRID_WORKER)
    clerk = await city.person(STREET, Role.CLERK)
    head = await city.person(CENTRE, Role.SUPERVISOR)
    closed, returned, noted = [(await worker.post(city.report())).json()["unit"] for _ in range(3)]
    for action in ("accept", "start", "resolve"):
        await worker.act(closed["id"], action, reason="已清运")
    await clerk.act(closed["id"], "verify")
    await clerk.act(closed["id"], "rate", grade="satisfied")
    await worker.act(returned["id"], "return", reason="不在本网格")
    await clerk.act(returned["id"], "escalate", reason="请区中心协调")
    await head.act(returned["id"], "cancel", reason="重复")
    await worker.call("POST", f"/v1/organisations/{TEAM}/queue:claim", json={"max": 5})
    await clerk.act(noted["id"], "note", reason="已电话联系")
    await clerk.act(noted["id"], "urge", reason="请尽快")
    await worker.post(city.report("六楼着火了浓烟滚滚", source="hotline"))
    await worker.post(city.report("不知道什么东西在响", source="hotline"))
    city.clock.forward(days=3)
    await city.fire()
    service = city.app.state.service
    async with service.database.transaction() as tx:
        calendar = {**given.contents(), Part.LIST: given.entries()[:-1]}
        await publication.publish(tx, calendar, now=city.clock.now(), by="given")


async def test_every_message_of_a_day_conforms_to_the_schema_of_its_type(city: City):
    published = json.loads(contract())
    reader = await city.person("500000-ZX", Role.SUPERVISOR)
    cursor = (await reader.get("/v1/snapshot"))["cursor"]
    await played(city)
    kinds: set[str] = set()
    for payload in ("thin", "full"):
        for message in await told(city, cursor, payload):
            message.pop("cursor")
            kinds.add(message["type"])
            schema = {"$ref": SCHEMA.format(topic=message["type"])}
            assert faults(published, schema, message) == [], message
    assert kinds >= {
        *("unit.received", "unit.filed", "unit.dispatched", "unit.accepted", "unit.started"),
        *("unit.resolved", "unit.verified", "unit.closed", "unit.rated", "unit.returned"),
        *("unit.escalated", "unit.cancelled", "unit.claimed", "unit.noted", "unit.urged"),
        *("unit.coordinated", "clock.warned", "clock.overdue", "unit.raised", "unit.notified"),
        "rulebook.published",
    }
