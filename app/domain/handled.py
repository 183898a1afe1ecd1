"""Self-handled reports (自行处置): found and fixed on the spot, told in one call."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from app.domain.action import Action
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.event import Event, EventId
from app.domain.evidence import AttachmentId, Exhibit, Phase, missing
from app.domain.filing import Assignment, Filed
from app.domain.policy import Policy
from app.domain.responsibility import Kind
from app.domain.unit import State, Unit

HANDLED: Final = "handled"
"""The key of a unit's reasons that holds the resolution its report came with."""

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


def exhibits(event: Event) -> dict[str, Exhibit]:
    """Return every upload a report names, with that of its resolution, by the field naming it."""
    found = {f"attachments.{place}.id": one for place, one in enumerate(event.exhibits)}
    if event.resolved is not None:
        for phase in (Phase.BEFORE, Phase.AFTER):
            for place, one in enumerate(getattr(event.resolved, phase)):
                found[f"resolved.{phase}.{place}"] = Exhibit(AttachmentId(one), phase)
    return found


def check(event: Event) -> None:
    """Raise Invalid for a resolution before the occurrence, or an upload that shows two things."""
    resolved = event.resolved
    if resolved is None:
        return
    if resolved.at < event.occurred_at:
        raise Invalid(
            zh="处置时间早于发生时间",
            en="it cannot have been resolved before it occurred",
            field="resolved.at",
        )
    named = exhibits(event)
    times = Counter(one.id for one in named.values())
    for field, one in reversed(named.items()):
        if times[one.id] > 1:
            raise Invalid(
                zh="同一附件列出了两次, 请在一处写明它是处置前还是处置后",
                en="an attachment is named twice: say once whether it shows before or after",
                field=field,
            )


def standing(event: Event, assigned: Assignment, share: float) -> Standing | None:
    """Return how a report stands that came with its resolution; None for any other.

    Only an item is closed on the spot: an event is more than one duty. The sample follows
    from the event's id, so that the same report is judged alike each time.
    """
    entry = assigned.entry
    if event.resolved is None:
        return None
    if assigned.kind is not Kind.ITEM or not entry.may_be_self_handled:
        return Standing.NOT_ALLOWED
    if missing(entry.evidence, {one.phase for one in exhibits(event).values()}):
        return Standing.NO_EVIDENCE
    return Standing.SAMPLED if is_sampled(event.id, share) else Standing.CLOSED


def is_sampled(event: EventId, share: float) -> bool:
    """Tell whether an event falls into the share that is verified."""
    return int.from_bytes(sha256(event.bytes).digest()[:8], "big") < share * _WHOLE


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
        HANDLED: {
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


def awaits_evidence(unit: Unit) -> bool:
    """Tell whether a self-handled unit stands as it came, without what its entry asks it to show.

    One with a limit for its disposal has been sent back to work since.
    """
    told: Mapping[str, Any] = unit.reasons.get(HANDLED, {})
    is_as_it_came = unit.state is State.RESOLVED and unit.due_at is None
    return is_as_it_came and told.get("standing") == Standing.NO_EVIDENCE


def shown(unit: Unit, share: float) -> tuple[Unit, Standing]:
    """Return a unit whose evidence came after its report, and how it stands with it."""
    found = Standing.SAMPLED if is_sampled(EventId(unit.id), share) else Standing.CLOSED
    told = {**unit.reasons[HANDLED], "standing": found}
    return replace(unit, reasons={**unit.reasons, HANDLED: told}), found


def is_unshown(unit: Unit, policy: Policy) -> bool:
    """Tell whether policy wants evidence that a self-handled unit does not show yet."""
    return policy.requires_evidence and awaits_evidence(unit)


def refuse_unshown(unit: Unit, policy: Policy) -> None:
    """Raise ActionNotAllowed where a self-handled unit cannot be verified yet."""
    if is_unshown(unit, policy):
        raise ActionNotAllowed(
            zh="自行处置的佐证照片尚未补齐, 补附后自动结案或转入抽查; 也可返工",
            en="it does not show yet what its entry asks for: attach that, or have it reworked",
            field="action",
            allowed=(Action.ATTACH, Action.REWORK),
        )
