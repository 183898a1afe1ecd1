"""Who coordinates while it is disputed whose a unit is, and who watches over it with what limit."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.clock import Clock
from app.domain.dispute import DISPUTE, awaits
from app.domain.explain.passage import Background, Passage, Said, Subject
from app.domain.explain.words import limit_said
from app.domain.limit import parse_limit
from app.domain.organisation import OrganisationCode
from app.domain.timing import SUPERVISION
from app.domain.unit import ClockName, State, Unit

_UNSETTLED = frozenset({State.TRIAGE, State.FILED, State.DISPATCHED})
"""States in which nobody has taken on what another gave back."""


def dispute(unit: Unit, background: Background) -> Iterator[Passage]:
    """Tell who gave the unit back, who coordinates meanwhile (首接负责), and who must rule."""
    told: Mapping[str, Any] = unit.reasons.get(DISPUTE, {})
    back: Sequence[OrganisationCode] = told.get("given_back", ())
    if not back or unit.state not in _UNSETTLED:
        return
    names = [background.body(code) for code in back]
    first, ruler = background.body(told["coordinator"]), awaits(unit)
    times, after = Said("", ""), Said("", "")
    if told["returns"]:
        times = Said(f", 已退回 {told['returns']} 次", f" (returns so far: {told['returns']})")
    if ruler is not None:
        name = background.body(ruler)
        after = Said(f"; 须由{name}指定承办", f"; {name} must rule who has it")
    yield Passage(
        Subject.DISPUTE,
        Said(
            f"{'、'.join(names)}未承接{times.zh};"
            f" 其间由首接单位{first}统筹协调(首接负责){after.zh}。",
            f"{', '.join(names)} did not take it{times.en};"
            f" {first}, the first to have had it, coordinates meanwhile{after.en}.",
        ),
        {
            "coordinator": told["coordinator"],
            "given_back": list(back),
            "returns": told["returns"],
            "awaits": ruler,
        },
    )


def supervision(unit: Unit, clocks: Sequence[Clock], background: Background) -> Iterator[Passage]:
    """Tell who supervises the unit (督办), since when, and by when they want it done."""
    told: Mapping[str, Any] = unit.reasons.get(SUPERVISION, {})
    clock = next((one for one in clocks if one.name is ClockName.SUPERVISE), None)
    if not told or clock is None:
        return
    centre, limit = background.body(told["centre"]), limit_said(parse_limit(told["limit"]))
    since = background.moment(datetime.fromisoformat(told["at"]))
    due = background.moment(clock.due_at)
    yield Passage(
        Subject.SUPERVISION,
        Said(
            f"{centre}“{told['by']}”自 {since} 起督办, 限{limit.zh}内办结, 至 {due} 止。",
            f"“{told['by']}” of {centre} supervises it since {since} and wants it done within"
            f" {limit.en}, by {due}.",
        ),
        {
            "centre": told["centre"],
            "by": told["by"],
            "since": told["at"],
            "limit": told["limit"],
            "due_at": clock.due_at,
            "overdue_at": clock.overdue_at,
        },
    )
