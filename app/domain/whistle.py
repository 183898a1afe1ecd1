"""Whistles (吹哨报到): a street calls departments above it; they sign, contact and turn up."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.action import Action
from app.domain.calendar import Calendar
from app.domain.errors import ActionNotAllowed, Forbidden, Invalid
from app.domain.family import Bond, Errand, own_limits
from app.domain.limit import Limit
from app.domain.organisation import Organisation, OrganisationKind
from app.domain.policy import Whistle, WhistleKind
from app.domain.responsibility import Entry
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName, Unit
from app.domain.words import TIER


def refuse_blower(blower: Organisation, rulebook: Rulebook) -> Whistle:
    """Return the policy of whistles where the blower is; raises Forbidden if it may not blow."""
    policy = _policy(blower, rulebook)
    if not may_blow(blower, rulebook):
        allowed = tuple(f"{TIER[tier][0]} {tier}" for tier in policy.tiers)
        raise Forbidden(
            zh=f"“{blower.name}”无权吹哨",
            en=f"{blower.name} may not blow a whistle",
            field="action",
            allowed=allowed,
        )
    return policy


def may_blow(blower: Organisation, rulebook: Rulebook) -> bool:
    """Tell whether the policy lets a body blow a whistle: by its tier, where it is."""
    return blower.tier in _policy(blower, rulebook).tiers


def _policy(blower: Organisation, rulebook: Rulebook) -> Whistle:
    return rulebook.policies.at(rulebook.areas.path(blower.area)).whistle


def refuse_called(blower: Organisation, called: Sequence[Organisation], rulebook: Rulebook) -> None:
    """Raise Invalid unless each one called is another body of an area around the blower's."""
    around = {area.code for area in rulebook.areas.path(blower.area)[:-1]}
    strange = [
        body for body in called if body.area not in around or body.kind is OrganisationKind.CENTRE
    ]
    if strange or not called or len(set(called)) != len(called):
        names = "、".join(body.name for body in strange) or "空缺或重复"
        raise Invalid(
            zh=f"吹哨只能呼叫上级区域的部门, 各一次: {names}",
            en="a whistle calls departments of the areas above, each once",
            field="departments",
        )


def errand(
    called: Organisation,
    kind: WhistleKind,
    policy: Whistle,
    *,
    title: str,
    text: str,
    dispose: Limit,
) -> Errand:
    """Return what one department is called for, with a limit for each stage of it."""
    limits = {
        ClockName.ACCEPT: policy.sign,
        ClockName.CONTACT: policy.contact,
        ClockName.ARRIVE: policy.arrive(kind),
        ClockName.DISPOSE: dispose,
    }
    return Errand(Bond.WHISTLE, title, limits, holder=called.code, text=text)


def dispose_limit(
    entry: Entry | None, policy: Whistle, kind: WhistleKind, calendar: Calendar, now: datetime
) -> Limit:
    """Return within what a whistle's task is to be done: nobody is late before they need come."""
    arrive = policy.arrive(kind)
    if entry is None:
        return arrive
    return max(
        (arrive, entry.limit),
        key=lambda limit: calendar.add(now, calendar.seconds(limit), limit.basis).at,
    )


def refuse_unmet(unit: Unit) -> None:
    """Raise ActionNotAllowed for a whistle's task to be resolved by who has not turned up."""
    if ClockName.ARRIVE in own_limits(unit):
        raise ActionNotAllowed(
            zh="吹哨任务须先报到, 再办结",
            en="turn up before resolving what you were whistled for",
            field="action",
            allowed=(Action.ARRIVE, Action.CONTACT, Action.RETURN, Action.NOTE),
        )
