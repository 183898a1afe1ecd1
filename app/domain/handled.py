"""Self-handled reports (自行处置): found and fixed on the spot, told in one call."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from app.domain.action import Action
from app.domain.errors import Invalid
from app.domain.event import Event, EventId, Resolved
from app.domain.filing import Assignment, Filed
from app.domain.responsibility import Entry, Evidence, Kind
from app.domain.unit import State

_WHOLE: Final = 2**64


class Standing(StrEnum):
    """What becomes of a report that says it was dealt with."""

    CLOSED = "closed"
    """当场结案"""
    SAMPLED = "sampled"
    """抽查核查"""
    NO_EVIDENCE = "no_evidence"
    """佐证不全, 须核查"""
    NOT_ALLOWED = "not_allowed"
    """条目不允许自行处置, 按常规办理"""


STATE_AFTER: Final = {
    Standing.CLOSED: State.CLOSED,
    Standing.SAMPLED: State.RESOLVED,
    Standing.NO_EVIDENCE: State.RESOLVED,
}


def check(event: Event) -> None:
    """Raise Invalid for a resolution before the occurrence."""
    resolved = event.resolved
    if resolved is not None and resolved.at < event.occurred_at:
        raise Invalid(
            zh="处置时间早于发生时间",
            en="it cannot have been resolved before it occurred",
            field="resolved.at",
        )


def standing(event: Event, assigned: Assignment, share: float) -> Standing | None:
    """Return how a report stands that came with its resolution; None for any other.

    Only an item is closed on the spot: an event is more than one duty. The sample follows
    from the event's id, so that the same report is judged alike each time.
    """
    resolved, entry = event.resolved, assigned.entry
    if resolved is None:
        return None
    if assigned.kind is not Kind.ITEM or not entry.may_be_self_handled:
        return Standing.NOT_ALLOWED
    if not _shows(entry, resolved):
        return Standing.NO_EVIDENCE
    return Standing.SAMPLED if is_sampled(event.id, share) else Standing.CLOSED


def is_sampled(event: EventId, share: float) -> bool:
    """Tell whether an event falls into the share that is verified."""
    return int.from_bytes(sha256(event.bytes).digest()[:8], "big") < share * _WHOLE


def _shows(entry: Entry, resolved: Resolved) -> bool:
    if entry.evidence is Evidence.NONE:
        return True
    return bool(resolved.after) and (entry.evidence is Evidence.AFTER or bool(resolved.before))


def fields(event: Event, found: Standing | None) -> dict[str, Any]:
    """Return the unit's fields that follow, besides its reasons."""
    state = STATE_AFTER.get(found) if found else None
    if state is None:
        return {}
    return {
        "state": state,
        "is_self_handled": True,
        "resolved_by": event.account,
        "closed_at": event.received_at if state.is_final else None,
    }


def told(event: Event, found: Standing | None) -> dict[str, Any]:
    """Return what the reasons keep of the resolution."""
    resolved = event.resolved
    if resolved is None:
        return {}
    return {
        "handled": {
            "how": resolved.how,
            "at": resolved.at,
            "before": resolved.before,
            "after": resolved.after,
            "standing": found or Standing.NOT_ALLOWED,
        }
    }


def steps_of(found: Standing | None, usual: Sequence[Action]) -> Sequence[Action]:
    """Return the first actions of a unit: filed and handled, or what is usual."""
    return (Action.FILE, Action.SELF_HANDLE) if found in STATE_AFTER else usual


def signed(filed: Filed, event: Event) -> Filed:
    """Return a self-handled unit whose last step is the reporter's own, in their words."""
    if event.resolved is None or not filed.unit.is_self_handled:
        return filed
    *first, last = filed.steps
    last = replace(
        last, actor=event.account, organisation=event.organisation, reason=event.resolved.how
    )
    return replace(filed, steps=(*first, last))
