"""One unit from its first desk to its last, as its people handle it over HTTP."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from app.demo.day import PlayedDay
from app.demo.people import Duty, People
from app.demo.plan import Plan
from app.demo.service import Json, RefusalError, Service

FINAL: Final = frozenset({"closed", "declined", "cancelled"})
LOOK: Final = timedelta(minutes=20)
"""How often a sleeper stirs."""
NOT_TODAY: Final = timedelta(days=30)
"""Longer than any play."""
IN_TIME: Final = 0.6
"""How much of what is left of a limit people let pass at most."""
_UNLISTED: Final = "所述内容不在职责清单范围内"


@dataclass
class Town:
    """What everybody in the play shares."""

    service: Service
    people: People
    clock: PlayedDay
    seed: int
    tally: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)

    async def work(self, unit: Json) -> None:
        """Have a unit handled until nothing is left to do, or until it is refused."""
        try:
            await Case(self, Plan.of(self.seed, unit["id"])).work(unit)
        except RefusalError as refusal:
            self.refusals.append(str(refusal))


@dataclass
class Case:
    """One unit's people; each thing that goes wrong goes wrong once."""

    town: Town
    plan: Plan
    mishaps: set[str] = field(default_factory=set)

    async def work(self, unit: Json) -> None:
        """Do the next thing, until the unit has come to its end."""
        while unit["state"] not in FINAL:
            unit = await _NEXT[unit["state"]](self, unit)

    async def triage(self, unit: Json) -> Json:
        """File the unit under a candidate, or decline it."""
        await self._until(unit, "triage", self.plan.triage)
        key = await self._key(unit, "holder", Duty.DESK)
        told = await self.town.service.get(f"/v1/units/{unit['id']}/explanation", key)
        seen = [one["entry"] for one in told["reasons"]["classification"]["candidates"]]
        reason = self.plan.decline_reason if seen else _UNLISTED
        if reason:
            self.town.tally["declined"] += 1
            return await self._act(unit, "decline", key, reason=reason)
        chosen = seen[1 if self.plan.takes_second and len(seen) > 1 else 0]
        return await self._act(unit, "file", key, entry=chosen, reason="经研判立案")

    async def dispatch(self, unit: Json) -> Json:
        """Send out what was returned, to whom the list names."""
        await self._pass(unit, self.plan.dispatch)
        key = await self._key(unit, "holder", Duty.DESK)
        return await self._act(unit, "dispatch", key, reason="经核实仍属贵单位职责, 请处置")

    async def accept(self, unit: Json) -> Json:
        """Take the unit on, in time or not, or give it back."""
        await self._until(unit, "accept", self.plan.accept)
        key = await self._key(unit, "holder", Duty.WORK)
        if self._once("return", self.plan.return_reason) and not self._is_top(unit):
            self.town.tally["returned"] += 1
            return await self._act(unit, "return", key, reason=self.plan.return_reason)
        return await self._act(unit, "accept", key)

    async def start(self, unit: Json) -> Json:
        """Go there."""
        await self._pass(unit, self.plan.start)
        return await self._act(unit, "start", await self._key(unit, "holder", Duty.WORK))

    async def resolve(self, unit: Json) -> Json:
        """Do the work."""
        if self.plan.waits_overnight and unit["urgency"] == "normal":
            await self.town.clock.sleep(NOT_TODAY)
        await self._until(unit, "dispose", self.plan.work)
        key = await self._key(unit, "holder", Duty.WORK)
        return await self._act(unit, "resolve", key, reason=self.plan.feedback)

    async def coordinate(self, unit: Json) -> Json:
        """Have every task of the event done."""
        key = await self._key(unit, "centre", Duty.DESK)
        seen = await self.town.service.get(f"/v1/units/{unit['id']}", key)
        await asyncio.gather(*(self.town.work(task) for task in seen["tasks"]))
        after = await self.town.service.get(f"/v1/units/{unit['id']}", key)
        if after["state"] == unit["state"]:
            raise RefusalError(409, unit["number"], "an event with an open task stays open")
        return after

    async def verify(self, unit: Json) -> Json:
        """Look whether it is done."""
        await self._pass(unit, self.plan.verify)
        key = await self._key(unit, "centre", Duty.DESK)
        is_own_work = unit["kind"] != "event"
        if is_own_work and self._once("rework", self.plan.rework_reason):
            self.town.tally["reworked"] += 1
            return await self._act(unit, "rework", key, reason=self.plan.rework_reason)
        return await self._act(unit, "verify", key)

    async def close(self, unit: Json) -> Json:
        """Close what a policy leaves verified."""
        return await self._act(unit, "close", await self._key(unit, "centre", Duty.DESK))

    async def _until(self, unit: Json, stage: str, span: timedelta) -> None:
        """Let the span pass; a sleeper stirs once the limit has fired and enough have heard."""
        await self._pass(unit, span)
        if self.plan.sleeps != stage or not self._once(stage, "sleeps"):
            return
        clock = self.town.clock
        if datetime.fromisoformat(unit["stage_due_at"]) >= clock.evening:
            return
        key = await self._key(unit, "holder", Duty.WORK)
        seen = unit
        while len(seen["raised"]) < self.plan.raises and clock.now() < clock.evening:
            await clock.sleep(LOOK)
            seen = await self.town.service.get(f"/v1/units/{unit['id']}", key)

    async def _pass(self, unit: Json, span: timedelta) -> None:
        """Let the span pass, or less of it where the stage's limit is short."""
        clock = self.town.clock
        left = datetime.fromisoformat(unit["stage_due_at"]) - clock.now()
        await clock.sleep(min(span, left * IN_TIME) if left > timedelta(0) else span)

    def _once(self, mishap: str, reason: str) -> bool:
        """Tell whether it happens now; it does not happen twice."""
        happens = bool(reason) and mishap not in self.mishaps
        self.mishaps.add(mishap)
        return happens

    @staticmethod
    def _is_top(unit: Json) -> bool:
        return bool(unit["holder"]["code"] == unit["centre"]["code"])

    async def _key(self, unit: Json, seat: str, duty: Duty) -> str:
        body = unit[seat]
        return await self.town.people.key(body["code"], body["kind"], duty)

    async def _act(self, unit: Json, action: str, key: str, **body: str) -> Json:
        return await self.town.service.act(unit, action, key, body)


_NEXT: Final[Mapping[str, Callable[[Case, Json], Awaitable[Json]]]] = {
    "triage": Case.triage,
    "filed": Case.dispatch,
    "dispatched": Case.accept,
    "accepted": Case.start,
    "in_progress": Case.resolve,
    "coordinating": Case.coordinate,
    "resolved": Case.verify,
    "verified": Case.close,
}
