"""New reference data for the small city's service, in force at once for whoever asks."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.domain.area import AreaCode
from app.domain.organisation import OrganisationCode
from app.domain.policy import LocalPolicy
from app.domain.roster import Shift
from app.domain.rulebook import Part
from app.flows import publication
from app.flows.publication import NOTICE
from tests.given import City


async def publish(city: City, part: Part, content: Any) -> None:
    """Publish a part and let the notice pass; the clock moves on by as much."""
    service = city.app.state.service
    async with service.database.transaction() as tx:
        await publication.publish(tx, {part: content}, now=city.clock.now(), by="test")
    await follow(city)


async def follow(city: City) -> None:
    """Let the notice pass and have the service know what is in force then."""
    service = city.app.state.service
    city.clock.set(city.clock.now() + NOTICE)
    async with service.database.reading() as tx:
        await service.library.follow(tx, now=city.clock.now())


async def policies(city: City, **sections: LocalPolicy) -> None:
    """Publish sections by the areas' codes, each after an underscore: `_500101=…`."""
    content = {AreaCode(name.removeprefix("_")): section for name, section in sections.items()}
    await publish(city, Part.POLICIES, content)


def by_day(city: City, *bodies: str) -> Sequence[Shift]:
    """Shifts of eight hours from now on, one a body."""
    now = city.clock.now()
    return tuple(
        Shift(
            OrganisationCode(body),
            f"{body} 的值班员",
            "023-00009999",
            now,
            now + timedelta(hours=8),
        )
        for body in bodies
    )
