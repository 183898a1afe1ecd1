"""What a reading would make of a unit: its kind, who would have it, and by when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.area import Area
from app.domain.explain.passage import Said
from app.domain.explain.words import limit_said
from app.domain.filing import Assignment, assign
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Entry, Kind
from app.domain.route import RouteReason
from app.domain.rulebook import Rulebook
from app.domain.unit import Clause, Unit
from app.domain.words import KIND


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one entry at one place would have led to, in words and as facts."""

    assigned: Assignment
    said: Said
    facts: dict[str, Any]

    @property
    def leads(self) -> tuple[Kind, OrganisationCode]:
        """What kind it would be and who would have it."""
        return self.assigned.kind, self.assigned.route.holder.code


def outcome(
    entry: Entry,
    path: Sequence[Area],
    unit: Unit,
    rulebook: Rulebook,
    *,
    is_issued: bool | None = None,
) -> Outcome:
    """Return what the entry would have made of the unit's report at that place.

    `is_issued`: whether it came from above; as the unit did unless it is given.
    """
    issued = unit.clause is Clause.ISSUED if is_issued is None else is_issued
    assigned = assign(entry, path, rulebook, is_issued=issued, now=unit.created_at)
    holder = assigned.route.holder
    facts = {
        "entry": entry.code,
        "kind": assigned.kind,
        "holder": holder.code,
        "holder_name": holder.name,
        "route": assigned.route.reason,
        "limit": str(entry.limit),
    }
    return Outcome(assigned, _said(assigned), facts)


def _said(assigned: Assignment) -> Said:
    kind, limit = KIND[assigned.kind], limit_said(assigned.entry.limit)
    name = assigned.route.holder.name
    if assigned.kind is Kind.EVENT:
        zh, en = f"由{name}统筹", f"owned by {name}"
    elif assigned.route.reason is RouteReason.GAP:
        zh, en = f"无单位承担, 由{name}兜底", f"with {name}, because nobody holds the duty"
    elif assigned.onward is None:
        zh, en = f"停在{name}待派遣", f"waiting at {name} to be sent on"
    else:
        zh, en = f"由{name}承办", f"with {name}"
    return Said(f"作为{kind[0]}{zh}, 时限{limit.zh}", f"{_a(kind[1])} {en}, within {limit.en}")


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
