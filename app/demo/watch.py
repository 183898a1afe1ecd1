"""The city's watch: what the service tells the city centre, and its figures."""

import asyncio
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from app.demo.service import Json, RefusalError, Service

OVERLAP: Final = timedelta(minutes=30)
"""How far each look reaches back: what is written late must not be missed."""


@dataclass(frozen=True)
class Figures:
    """What the units read from the service add up to."""

    units: int
    states: Counter[str]
    kinds: Counter[str]
    tiers: Counter[str]
    overdue: int
    raised: int
    raised_further: int
    closed_roots: int

    @property
    def closed(self) -> int:
        """How many units are closed."""
        return self.states["closed"]

    @classmethod
    def of(cls, units: Collection[Json]) -> "Figures":
        """Add up units."""
        return cls(
            units=len(units),
            states=Counter(unit["state"] for unit in units),
            kinds=Counter(unit["kind"] for unit in units),
            tiers=Counter(unit["holder"]["tier"] for unit in units),
            overdue=sum(unit["overdue_at"] is not None for unit in units),
            raised=sum(bool(unit["raised"]) for unit in units),
            raised_further=sum(len(unit["raised"]) > 1 for unit in units),
            closed_roots=sum(
                unit["state"] == "closed" and unit["parent"] is None for unit in units
            ),
        )


@dataclass
class Watch:
    """Every unit of the city as the service last told of it."""

    service: Service
    key: str
    units: dict[str, Json] = field(default_factory=dict)
    _latest: datetime | None = None

    async def look(self) -> Figures:
        """Read what has changed since the last look."""
        since = {"updated_since": (self._latest - OVERLAP).isoformat()} if self._latest else {}
        async for unit in self.service.pages("/v1/units", self.key, **since):
            self.units[unit["id"]] = unit
            changed = datetime.fromisoformat(unit["updated_at"])
            self._latest = max(self._latest or changed, changed)
        return Figures.of(self.units.values())

    async def look_afresh(self) -> Figures:
        """Read everything again."""
        self.units.clear()
        self._latest = None
        return await self.look()

    async def found(self, events: Collection[str]) -> int:
        """Return how many of the events the service still has."""
        answers = await asyncio.gather(*(self._has(event) for event in events))
        return sum(answers)

    async def _has(self, event: str) -> bool:
        try:
            told = await self.service.get(f"/v1/events/{event}", self.key)
        except RefusalError as refusal:
            if refusal.status == 404:
                return False
            raise
        return bool(told["event"]["id"] == event and told["unit"]["parent"] is None)
