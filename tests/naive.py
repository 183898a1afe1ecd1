"""The measures read from the log the slow way: each from its definition, nothing kept between.

It shares no line with app/domain/counting.py; docs/statistics.md is what both are written by.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.store.database import Tx

ZONE = ZoneInfo("Asia/Shanghai")
ENDED = {"closed", "declined", "cancelled", "merged"}
WORKED_ON = {"dispatched", "accepted", "in_progress", "coordinating"}
THEIRS = WORKED_ON | {"suspended", "resolved", "verified"}
AT_CENTRE = {"triage", "filed", "coordinating"}
ONWARD = {"dispatch", "coordinate", "rule", "split", "whistle", "pass_down"}

Found = Counter[tuple[str, date, str, str, str, str]]
"""Organisation, day, channel, kind, entry and count."""

_UNITS = """
SELECT u.id, u.parent, u.recurs, u.created_at, e.source,
    EXISTS (SELECT 1 FROM event own WHERE own.id = u.id) AS is_report
FROM unit u LEFT JOIN LATERAL (
    WITH RECURSIVE up AS (
        SELECT u.id, u.parent
        UNION ALL SELECT o.id, o.parent FROM up JOIN unit o ON o.id = up.parent
    ) SELECT source FROM event JOIN up ON up.id = event.id WHERE up.parent IS NULL
) e ON true
"""
_STEPS = "SELECT * FROM step ORDER BY unit, seq"


@dataclass
class Line:
    """A line with its place in the log, and how its unit stood before and after its change."""

    place: int
    at: datetime
    action: str
    state: str
    who: str
    is_person: bool
    data: dict[str, Any]
    was: dict[str, str] | None
    now: dict[str, str]
    change: int
    entry: str = ""

    @property
    def holder(self) -> str:
        return (self.was or self.now)["holder"]


STANCE = ("holder", "state", "kind", "light", "centre", "district", "street", "community", "grid")


def day(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def lines_of(rows: list[Any]) -> list[Line]:
    """Lines of one unit, each with what was before its change as the database itself told."""
    found: list[Line] = []
    change, was = 0, None
    for place, row in enumerate(rows):
        if row["before"] is not None:
            change += 1
            was = dict(zip(STANCE, row["before"], strict=True))
        now = dict(zip(STANCE, row["after"], strict=True))
        person = row["actor"] is not None
        found.append(
            Line(
                place,
                row["at"],
                row["action"],
                row["state"],
                row["organisation"] or "",
                person,
                row["data"],
                was,
                now,
                change,
            )
        )
    entry = ""
    for line in found:
        told = line.data.get("to") if isinstance(line.data.get("to"), dict) else line.data
        if "entry" in told:
            entry = told["entry"] or ""
        line.entry = entry
    return found


class Reading:
    """One unit's log, asked for each count by itself."""

    def __init__(self, unit: Any, rows: list[Any], returns: list[datetime]) -> None:
        self.unit, self.log, self.returns = unit, lines_of(rows), returns
        self.channel = unit["source"] or "upper"

    def of(self, *actions: str) -> list[Line]:
        return [line for line in self.log if line.action in actions]

    def after(self, line: Line, *actions: str) -> list[Line]:
        return [one for one in self.of(*actions) if one.place > line.place]

    def key(self, who: str, at: datetime, line: Line) -> tuple[str, date, str, str, str]:
        return who, day(at), self.channel, line.now["kind"], line.entry

    def centre(self, line: Line) -> str:
        return line.now["holder"] if line.now["state"] in AT_CENTRE else line.now["centre"]

    def round(self, line: Line) -> int:
        return sum(one.place < line.place for one in self.of("reopen", "redo"))

    def is_void(self, line: Line) -> bool:
        """It is no case of its own any more, and this was not closed before."""
        if self.round(line) != len(self.of("reopen", "redo")):
            return False
        if self.of("cancel", "decline"):
            return True
        merged = self.of("merge")
        return bool(merged) and not self.after(merged[-1], "unmerge")

    def lates(self, clock: str) -> list[Line]:
        return [line for line in self.of("overdue") if line.data["clock"] == clock]

    def is_exempt(self, late: Line) -> bool:
        """An appeal was granted that can only mean this lateness."""
        for line in self.of("exempt"):
            known = [one for one in self.lates(line.data["clock"]) if one.place < line.place]
            own = [one for one in known if one.who == line.data["holder"]]
            if (own or known)[-1:] == [late]:
                return True
        return False

    def late_at(self, clock: str, line: Line) -> Line | None:
        """The lateness that a line was written under."""
        if clock not in line.data.get("late", []):
            return None
        return [one for one in self.lates(clock) if one.place < line.place][-1]

    def stands(self, resolution: Line) -> bool:
        """Nobody has sent the resolution back."""
        ahead = self.after(resolution, "rework", "resolve", "close", "reopen", "redo")
        return not ahead or ahead[0].action != "rework"

    def told(self) -> Iterator[tuple[tuple[str, date, str, str, str], str]]:
        yield from self.entrance()
        yield from self.times()
        for clock in ("dispatch", "accept", "dispose", "verify"):
            yield from self.kept(clock)
            yield from self.missed(clock)
        for late in self.of("overdue"):
            if self.is_exempt(late) and not self.is_void(late):
                at = datetime.fromisoformat(late.data["mark_at"])
                yield self.key(late.who, at, late), "exempted"
        yield from self.closings()
        yield from self.closed()
        yield from self.stock()
        yield from self.hands()

    def entrance(self) -> Iterator[Any]:
        first = self.log[0]
        if not self.unit["is_report"]:
            yield self.key(first.now["holder"], first.at, first), "tasks"
            return
        key = self.key(self.centre(first), first.at, first)
        yield key, "reported"
        if self.unit["recurs"]:
            yield key, "recurring"
        if self.of("decline"):
            yield key, "reported_void"
        filed = [line for line in self.log if line.state not in {"triage", *ENDED} - {"closed"}]
        if filed:
            line = filed[0]
            key = self.key(self.centre(line), line.at, line)
            yield key, "filed"
            if self.of("cancel"):
                yield key, "filed_void"
            before = [late for late in self.lates("triage") if late.place < line.place]
            if all(self.is_exempt(late) for late in before):
                yield key, "filed_on_time"

    def times(self) -> Iterator[Any]:
        names = {
            "decline": "declined",
            "cancel": "cancelled",
            "merge": "merged",
            "suspend": "suspended",
            "extend": "extended",
            "resolve": "resolved",
            "rework": "reworks",
            "reopen": "reopened",
            "redo": "redone",
        }
        for line in self.of(*names):
            yield self.key(line.holder, line.at, line), names[line.action]
        for line in self.of("return"):
            yield self.key(line.data["from"], line.at, line), "returned"
        for line in self.of("self_handle")[:1]:
            yield self.key(line.holder, line.at, line), "self_handled"
        rates = self.of("rate")
        if rates and not self.after(rates[-1], "unmerge"):
            line = rates[-1]
            yield self.key(line.holder, line.at, line), str(line.data["grade"])

    def kept(self, clock: str) -> Iterator[Any]:
        done: list[tuple[Line, str]] = []
        if clock == "dispatch":
            sent = [one for one in self.of(*ONWARD) if one.is_person and one.was]
            done = [(one, one.holder) for one in sent if one.was and one.was["state"] == "filed"]
        elif clock == "accept":
            done = [(one, one.holder) for one in self.of("accept")]
        elif clock == "verify":
            checked = self.of("verify", "rework")
            done = [(one, one.was["centre"]) for one in checked if one.was]
        else:
            done = [(one, one.holder) for one in self.of("resolve") if self.stands(one)]
        for line, who in done:
            if clock not in line.data.get("late", []) and not self.is_void(line):
                yield self.key(who, line.at, line), f"{clock}_on_time"

    def missed(self, clock: str) -> Iterator[Any]:
        for late in self.lates(clock):
            is_closing = clock == "verify" and late.state == "verified"
            if self.is_void(late) or self.is_exempt(late) or is_closing:
                continue
            key = self.key(late.who, datetime.fromisoformat(late.data["mark_at"]), late)
            yield key, f"{clock}_late"
            done = [one for one in self.of("resolve") if self.late_at("dispose", one) is late]
            if clock == "dispose" and done and self.stands(done[-1]):
                yield key, "dispose_done_late"

    def closings(self) -> Iterator[Any]:
        own = self.of("self_handle")[:1]
        for line in [*self.of("resolve"), *own]:
            if self.is_void(line) or not self.stands(line):
                continue
            key = self.key(line.holder, line.at, line)
            yield key, "to_close"
            sent_back = [one for one in self.of("rework") if one.place < line.place]
            if any(self.round(one) == self.round(line) for one in sent_back):
                yield key, "to_close_reworked"
            ends = [one for one in self.log if self.ends(one) and one.place >= line.place]
            ends = [one for one in ends if self.round(one) == self.round(line)]
            if not ends:
                continue
            yield key, "to_close_done"
            lates = [self.late_at(clock, ends[0]) for clock in ("verify", "loop")]
            lates.append(self.late_at("dispose", line))
            if all(late is None or self.is_exempt(late) for late in lates):
                yield key, "to_close_on_time"

    def ends(self, line: Line) -> bool:
        closes = line.action == "self_handle" and line.state == "closed"
        return line.action == "close" or closes

    def closed(self) -> Iterator[Any]:
        found = [line for line in self.log if self.ends(line)]
        for line in found:
            yield self.key(line.holder, line.at, line), "closed"
        for moment in self.returns:
            before = [line for line in found if line.at <= moment]
            if before:
                line = before[-1]
                yield self.key(line.holder, line.at, line), "came_back"

    def changes(self) -> list[Line]:
        """The last line of each change."""
        return list({line.change: line for line in self.log}.values())

    def stock(self) -> Iterator[Any]:
        had: Line | None = None
        for line in self.changes():
            has = line if line.now["state"] not in ENDED else None
            before, after = (
                (one.now["holder"], one.now["kind"], one.entry) if one else None
                for one in (had, has)
            )
            if before != after:
                if had:
                    told = "handed" if has else "ended"
                    yield self.key(had.now["holder"], line.at, had), told
                if has:
                    told = "taken" if had else "opened"
                    yield self.key(has.now["holder"], line.at, has), told
            had = has

    def hands(self) -> Iterator[Any]:
        for line in self.changes():
            if line.now["state"] not in WORKED_ON:
                continue
            was = line.was
            if not (was and was["state"] in THEIRS and was["holder"] == line.now["holder"]):
                yield self.key(line.now["holder"], line.at, line), "assigned"


async def readings(tx: Tx) -> dict[Any, Found]:
    """What the log of each unit says, and what no column but the log's says."""
    units = await tx.fetch(_UNITS)
    steps: dict[Any, list[Any]] = {}
    for row in await tx.fetch(_STEPS):
        steps.setdefault(row["unit"], []).append(row)
    found: dict[Any, Found] = {}
    for unit in units:
        back = sorted(one["created_at"] for one in units if one["recurs"] == unit["id"])
        told = Reading(unit, steps[unit["id"]], back).told()
        found[unit["id"]] = Counter((*key, count) for key, count in told)
    return found


async def reading(tx: Tx) -> Found:
    """Everything that the whole log says."""
    found: Found = Counter()
    for one in (await readings(tx)).values():
        found.update(one)
    return found
