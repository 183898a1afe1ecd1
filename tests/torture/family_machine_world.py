"""The families' world: a database of its own, a city's people, and what they do in-process."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson

from app import worker
from app.api import reports
from app.domain.area import AreaCode
from app.domain.authority import Caller, Role
from app.domain.clock import Clock
from app.domain.errors import DomainError
from app.domain.event import AccountId
from app.domain.evidence import AttachmentId, Exhibit, FileType, Phase
from app.domain.policy import LocalPolicy
from app.domain.responsibility import Evidence, Kind, PlanTask, Urgency
from app.domain.rulebook import Part, Rulebook
from app.domain.unit import Unit
from app.flows import intake, publication
from app.flows.publication import NOTICE
from app.flows.rulebook import Library, Reference
from app.store import attachments, clocks
from app.store.attachments import Attachment
from app.store.database import Database, Tx
from app.store.units import READ, unit_of
from tests import given, pieces
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, QUAY, WEST

START = pieces.NOON

PLACES = (GRID, GRID, QUAY, "500101002001001", "500102001001001")

_EVERYTHING = """
SELECT
    (SELECT jsonb_agg(to_jsonb(s) - '{id,xid,epoch,home}'::text[] ORDER BY s.unit, s.seq)
     FROM step s) AS steps,
    (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.unit, c.name) FROM clock c) AS clocks,
    (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.at, r.kind, r.unit) FROM request r) AS requests,
    (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.created_at, a.id) FROM attachment a) AS attachments,
    (SELECT jsonb_agg(e.id ORDER BY e.id) FROM event e) AS events
"""
_FORGET = ";".join(
    f"DELETE FROM {table}"
    for table in ("clock", "step", "request", "attachment", "reply", "unit", "event")
)


@dataclass(frozen=True)
class Look:
    """Every row that an action may touch, as it is after a step."""

    units: dict[UUID, Unit]
    steps: Sequence[dict[str, Any]] = ()
    clocks: Sequence[dict[str, Any]] = ()
    requests: Sequence[dict[str, Any]] = ()
    attachments: Sequence[dict[str, Any]] = ()
    events: Sequence[str] = ()

    def clocks_of(self, unit: UUID) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self.clocks if one["unit"] == str(unit)}

    def tasks_of(self, unit: UUID) -> list[Unit]:
        return [one for one in self.units.values() if one.parent == unit]

    def root_of(self, unit: UUID) -> UUID:
        """Return the root of a unit's family, and of what that was merged into."""
        own = self.units[unit]
        over = own.parent or own.merged_into
        return self.root_of(over) if over else unit

    def pending(self, unit: UUID) -> list[dict[str, Any]]:
        return [
            one for one in self.requests if one["unit"] == str(unit) and one["state"] == "pending"
        ]


def _crew() -> tuple[Caller, ...]:
    """The people who act: of some bodies two, because nobody verifies or grants their own."""
    roles = {
        f"{GRID}-WG": (Role.GRID_WORKER, Role.GRID_WORKER),
        f"{QUAY}-SQ": (Role.GRID_WORKER,),
        f"{HARBOUR}-MS": (Role.DEPARTMENT, Role.DEPARTMENT),
        f"{HARBOUR}-ZX": (Role.CLERK, Role.SUPERVISOR),
        "500101002001001-WG": (Role.GRID_WORKER,),
        f"{HILL}-MS": (Role.DEPARTMENT,),
        f"{HILL}-ZX": (Role.CLERK, Role.SUPERVISOR),
        **{f"{EAST}-{name}": (Role.DEPARTMENT,) for name in ("CG", "PS", "XF", "GA")},
        f"{EAST}-ZX": (Role.CLERK, Role.SUPERVISOR),
        "500102001001001-WG": (Role.GRID_WORKER,),
        f"{WEST}-ZX": (Role.CLERK, Role.SUPERVISOR),
        "500102001-ZX": (Role.CLERK, Role.SUPERVISOR),
        f"{CITY}-CG": (Role.DEPARTMENT,),
        f"{CITY}-ZX": (Role.CLERK, Role.SUPERVISOR, Role.REPORTER, Role.INTEGRATOR),
    }
    return tuple(
        pieces.caller(body, role, name=f"{body} {role} {number}")
        for body, held in roles.items()
        for number, role in enumerate(held)
    )


CREW = _crew()
STRANGER = pieces.caller(f"{GRID}-WG", Role.REPORTER, name="stranger")


def _list() -> Any:
    """The small city's list, with an event that is done in two turns and photographs asked for."""
    return (
        *given.entries(),
        given.entry(
            "SX-90001-1",
            title="沿街整治",
            kind=Kind.EVENT,
            plan=(
                PlanTask(given.Function("sanitation"), given.limit("1工作日"), "清理"),
                PlanTask(given.Function("landscaping"), given.limit("2工作日"), "补绿", turn=2),
            ),
        ),
        given.entry(
            "SX-90002-1",
            title="占道经营",
            level=given.Tier.DISTRICT,
            lead=given.Function("enforcement"),
            support=(given.Function("public_security"),),
            evidence=Evidence.BEFORE_AFTER,
        ),
    )


_POLICIES = {
    AreaCode(HILL): LocalPolicy(
        closes_on_verify=False,
        requires_evidence=True,
        suspensions=2,
        extension_levels={Urgency.NORMAL: (0, 1), Urgency.URGENT: (1,), Urgency.MAJOR: (1,)},
        return_levels={Urgency.NORMAL: (1,), Urgency.URGENT: (0,), Urgency.MAJOR: (0,)},
    ),
    AreaCode(WEST): LocalPolicy(
        stepwise={Urgency.NORMAL: True, Urgency.URGENT: False, Urgency.MAJOR: False},
        cancel_levels={Urgency.NORMAL: (2,), Urgency.URGENT: (0,), Urgency.MAJOR: (0,)},
        returns=1,
    ),
}


class World:
    """One event loop, one database, one rulebook; the rows are an example's own."""

    def __init__(self, url: str) -> None:
        self._stack = ExitStack()
        self._runner = self._stack.enter_context(
            asyncio.Runner(loop_factory=asyncio.new_event_loop)
        )
        self._connected = Database.connect(url, size=2)
        self._database = self._runner.run(self._connected.__aenter__())
        self._library = Library()
        self.now = START
        self._runner.run(self._found())

    def close(self) -> None:
        self._runner.run(self._connected.__aexit__(None, None, None))
        self._stack.close()

    async def _found(self) -> None:
        async with self._database.transaction() as tx:
            contents = {Part.LIST: _list(), Part.POLICIES: _POLICIES}
            await publication.publish(tx, contents, now=START - NOTICE, by="machine")
            await tx.execute(
                "INSERT INTO account (id, name, organisation, roles, created_at)"
                " SELECT id, '', '', '{}', $2 FROM unnest($1::uuid[]) AS a(id)",
                [one.account for one in (*CREW, STRANGER)],
                START,
            )
        async with self._database.reading() as tx:
            await self._library.follow(tx, now=START)

    def forget(self) -> None:
        """Begin anew: no family is left, and it is morning again."""
        self.now = START
        self._runner.run(self._execute(_FORGET))

    async def _execute(self, statement: str) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(statement)

    @property
    def reference(self) -> Reference:
        return self._library.current(self.now)

    @property
    def rulebook(self) -> Rulebook:
        return self.reference.rulebook

    def wait(self, span: timedelta) -> None:
        self.now += span

    def do(self, flow: Callable[[Tx, Library], Awaitable[Any]]) -> Any:
        """Run one flow in one transaction; returns what it does, or the refusal it raises."""
        return self._runner.run(self._do(flow))

    async def _do(self, flow: Callable[[Tx, Library], Awaitable[Any]]) -> Any:
        try:
            async with self._database.transaction() as tx:
                return await flow(tx, self._library)
        except DomainError as refusal:
            return refusal

    def run(self, work: Callable[[Database], Awaitable[Any]]) -> Any:
        """Run something that opens its own transactions."""
        return self._runner.run(_awaited(work(self._database)))

    def report(self, caller: Caller, fields: dict[str, Any]) -> Any:
        """Send a report; returns what was written, or the refusal."""
        sent = {"source": "grid", "occurred_at": self.now.isoformat(), **fields}
        event = reports.sent_by(caller, orjson.dumps(sent), at=self.now)
        reference = self.reference

        async def flow(tx: Tx, _: Library) -> Any:
            intake.check(event, reference)
            admissions = intake.judge([event], reference, self.now)
            return await intake.write(tx, admissions, reference, self.now)

        return self.do(flow)

    def fire(self) -> int:
        """One turn of the worker."""
        return self._runner.run(worker.turn(self._database, self._library, self.now))

    def clocks(self, unit: Unit) -> Sequence[Clock]:
        return self._runner.run(self._clocks(unit))

    async def _clocks(self, unit: Unit) -> Sequence[Clock]:
        async with self._database.reading() as tx:
            return (await clocks.of_units(tx, [unit.id])).get(unit.id, ())

    def look(self) -> Look:
        return self._runner.run(self._look())

    async def _look(self) -> Look:
        async with self._database.reading() as tx:
            found = [unit_of(row) for row in await tx.fetch(f"{READ} ORDER BY id")]
            row = await tx.first(_EVERYTHING)
        rest = {name: value or () for name, value in dict(row or {}).items()}
        return Look({unit.id: unit for unit in found}, **rest)

    def upload(self, caller: Caller, phase: Phase) -> Exhibit:
        """An upload of the caller's that is attached to nothing yet."""
        new = Attachment(
            id=AttachmentId(uuid4()),
            sha256=bytes(32),
            size=1,
            type=FileType.PNG,
            name="photo.png",
            account=AccountId(caller.account),
            organisation=caller.organisation,
            created_at=self.now,
        )
        self.do(lambda tx, _: attachments.put(tx, new))
        return Exhibit(new.id, phase)


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
