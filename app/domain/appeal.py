"""Appeal (申诉): whoever was late asks that it be left out of the statistics; the fact stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.errors import ActionNotAllowed, Forbidden
from app.domain.event import AccountId
from app.domain.organisation import OrganisationCode, Organisations
from app.domain.unit import ClockName, Unit
from app.domain.words import CLOCK


def may_appeal(clocks: Sequence[Clock], by: OrganisationCode, bodies: Organisations) -> bool:
    """Tell whether a body has been late with anything that nobody has exempted."""
    return any(_is_late(clock) and _was(clock, by, bodies) for clock in clocks)


def refuse_senseless(
    clocks: Sequence[Clock], name: ClockName, by: OrganisationCode, bodies: Organisations
) -> None:
    """Raise ActionNotAllowed where nothing was late, Forbidden where somebody else was."""
    clock = next((one for one in clocks if one.name is name), None)
    zh, en = CLOCK[name]
    if clock is None or not _is_late(clock):
        raise ActionNotAllowed(
            zh=f"“{zh}”时限没有超期, 或已免予统计, 无须申诉",
            en=f"the limit of {en} is not overdue, or is exempted already",
            field="clock",
            allowed=(Action.NOTE,),
        )
    if not _was(clock, by, bodies):
        raise Forbidden(
            zh=f"“{zh}”时限超期时不由您单位办理, 只有当时办理的单位可以申诉",
            en=f"only whoever was late with {en} appeals",
            field="clock",
        )


def _is_late(clock: Clock) -> bool:
    return clock.overdue_at is not None and clock.exempted_at is None


def _was(clock: Clock, by: OrganisationCode, bodies: Organisations) -> bool:
    late = clock.overdue_by
    return late is not None and (bodies.heir(late) if late in bodies else late) == by


@dataclass(frozen=True, slots=True)
class Plea:
    """Whose lateness with which limit is not to count."""

    clock: ClockName
    organisation: OrganisationCode


def exempted(
    unit: Unit,
    clocks: Sequence[Clock],
    plea: Plea,
    bodies: Organisations,
    *,
    by: AccountId,
    at: datetime,
) -> tuple[Unit, tuple[Clock, ...]]:
    """Return the unit with the lateness of one limit left out of the statistics.

    Where that was its first lateness the unit says so, too. A limit that has begun anew since
    says nothing of it: the log does.
    """
    late_one = bodies.heir(plea.organisation)
    after = tuple(
        replace(clock, exempted_at=at, exempted_by=by, version=clock.version + 1)
        if clock.name is plea.clock and _is_late(clock) and _was(clock, late_one, bodies)
        else clock
        for clock in clocks
    )
    late = {clock.overdue_at for clock in after if clock.exempted_at is not None}
    return replace(unit, exempted_at=at if unit.overdue_at in late else unit.exempted_at), after
