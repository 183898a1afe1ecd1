"""Event types: the closed list of what the feed, the stream and webhooks tell of.

A name never changes its meaning and never goes away within v1; new ones may come.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final

from app.domain.action import Action
from app.domain.errors import Invalid
from app.domain.words import ACTION


class Topic(StrEnum):
    """What a message tells of: one for each action, and one for the rulebook."""

    UNIT_RECEIVED = "unit.received"
    UNIT_FILED = "unit.filed"
    UNIT_DECLINED = "unit.declined"
    UNIT_DISPATCHED = "unit.dispatched"
    UNIT_PASSED_DOWN = "unit.passed_down"
    UNIT_RULED = "unit.ruled"
    UNIT_COORDINATED = "unit.coordinated"
    UNIT_CLAIMED = "unit.claimed"
    UNIT_RELEASED = "unit.released"
    UNIT_ACCEPTED = "unit.accepted"
    UNIT_STARTED = "unit.started"
    UNIT_RETURNED = "unit.returned"
    UNIT_RESOLVED = "unit.resolved"
    UNIT_VERIFIED = "unit.verified"
    UNIT_REWORKED = "unit.reworked"
    UNIT_CLOSED = "unit.closed"
    UNIT_CANCELLED = "unit.cancelled"
    UNIT_SUSPENDED = "unit.suspended"
    UNIT_RESUMED = "unit.resumed"
    UNIT_EXTENDED = "unit.extended"
    UNIT_REQUESTED = "unit.requested"
    UNIT_GRANTED = "unit.granted"
    UNIT_REFUSED = "unit.refused"
    UNIT_WITHDRAWN = "unit.withdrawn"
    UNIT_APPEALED = "unit.appealed"
    UNIT_EXEMPTED = "unit.exempted"
    UNIT_MERGED = "unit.merged"
    UNIT_UNMERGED = "unit.unmerged"
    UNIT_SELF_HANDLED = "unit.self_handled"
    UNIT_RATED = "unit.rated"
    UNIT_REDONE = "unit.redone"
    UNIT_SPLIT = "unit.split"
    UNIT_SUPPORT_ASKED = "unit.support_asked"
    UNIT_WHISTLED = "unit.whistled"
    UNIT_CONTACTED = "unit.contacted"
    UNIT_ARRIVED = "unit.arrived"
    UNIT_ISSUED = "unit.issued"
    UNIT_REMINDED = "unit.reminded"
    UNIT_TRANSFERRED = "unit.transferred"
    UNIT_ESCALATED = "unit.escalated"
    UNIT_RECLASSIFIED = "unit.reclassified"
    UNIT_URGED = "unit.urged"
    UNIT_SUPERVISED = "unit.supervised"
    UNIT_REOPENED = "unit.reopened"
    UNIT_NOTED = "unit.noted"
    UNIT_ATTACHED = "unit.attached"
    UNIT_RAISED = "unit.raised"
    UNIT_NOTIFIED = "unit.notified"
    UNIT_REJUDGED = "unit.rejudged"
    UNIT_MOVED = "unit.moved"
    CLOCK_WARNED = "clock.warned"
    CLOCK_OVERDUE = "clock.overdue"
    CLOCK_NOTICED = "clock.noticed"
    CLOCK_RETIMED = "clock.retimed"
    RULEBOOK_PUBLISHED = "rulebook.published"


TOPIC_OF: Final[Mapping[Action, Topic]] = {
    Action.RECEIVE: Topic.UNIT_RECEIVED,
    Action.FILE: Topic.UNIT_FILED,
    Action.DECLINE: Topic.UNIT_DECLINED,
    Action.DISPATCH: Topic.UNIT_DISPATCHED,
    Action.PASS_DOWN: Topic.UNIT_PASSED_DOWN,
    Action.RULE: Topic.UNIT_RULED,
    Action.COORDINATE: Topic.UNIT_COORDINATED,
    Action.CLAIM: Topic.UNIT_CLAIMED,
    Action.RELEASE: Topic.UNIT_RELEASED,
    Action.ACCEPT: Topic.UNIT_ACCEPTED,
    Action.START: Topic.UNIT_STARTED,
    Action.RETURN: Topic.UNIT_RETURNED,
    Action.RESOLVE: Topic.UNIT_RESOLVED,
    Action.VERIFY: Topic.UNIT_VERIFIED,
    Action.REWORK: Topic.UNIT_REWORKED,
    Action.CLOSE: Topic.UNIT_CLOSED,
    Action.CANCEL: Topic.UNIT_CANCELLED,
    Action.SUSPEND: Topic.UNIT_SUSPENDED,
    Action.RESUME: Topic.UNIT_RESUMED,
    Action.EXTEND: Topic.UNIT_EXTENDED,
    Action.REQUEST: Topic.UNIT_REQUESTED,
    Action.GRANT: Topic.UNIT_GRANTED,
    Action.REFUSE: Topic.UNIT_REFUSED,
    Action.WITHDRAW: Topic.UNIT_WITHDRAWN,
    Action.APPEAL: Topic.UNIT_APPEALED,
    Action.EXEMPT: Topic.UNIT_EXEMPTED,
    Action.MERGE: Topic.UNIT_MERGED,
    Action.UNMERGE: Topic.UNIT_UNMERGED,
    Action.SELF_HANDLE: Topic.UNIT_SELF_HANDLED,
    Action.RATE: Topic.UNIT_RATED,
    Action.REDO: Topic.UNIT_REDONE,
    Action.SPLIT: Topic.UNIT_SPLIT,
    Action.SUPPORT: Topic.UNIT_SUPPORT_ASKED,
    Action.WHISTLE: Topic.UNIT_WHISTLED,
    Action.CONTACT: Topic.UNIT_CONTACTED,
    Action.ARRIVE: Topic.UNIT_ARRIVED,
    Action.ISSUE: Topic.UNIT_ISSUED,
    Action.REMIND: Topic.UNIT_REMINDED,
    Action.TRANSFER: Topic.UNIT_TRANSFERRED,
    Action.ESCALATE: Topic.UNIT_ESCALATED,
    Action.RECLASSIFY: Topic.UNIT_RECLASSIFIED,
    Action.URGE: Topic.UNIT_URGED,
    Action.SUPERVISE: Topic.UNIT_SUPERVISED,
    Action.REOPEN: Topic.UNIT_REOPENED,
    Action.NOTE: Topic.UNIT_NOTED,
    Action.ATTACH: Topic.UNIT_ATTACHED,
    Action.WARN: Topic.CLOCK_WARNED,
    Action.OVERDUE: Topic.CLOCK_OVERDUE,
    Action.RAISE: Topic.UNIT_RAISED,
    Action.NOTICE: Topic.CLOCK_NOTICED,
    Action.NOTIFY: Topic.UNIT_NOTIFIED,
    Action.REJUDGE: Topic.UNIT_REJUDGED,
    Action.MOVE: Topic.UNIT_MOVED,
    Action.RETIME: Topic.CLOCK_RETIMED,
}
ACTION_OF: Final[Mapping[Topic, Action]] = {topic: action for action, topic in TOPIC_OF.items()}

WORDS: Final[Mapping[Topic, tuple[str, str]]] = {
    **{topic: ACTION[action] for action, topic in TOPIC_OF.items()},
    Topic.RULEBOOK_PUBLISHED: ("规则库已发布", "a rulebook was published"),
}

FAMILIES: Final = tuple(dict.fromkeys(f"{topic.partition('.')[0]}.*" for topic in Topic))
"""What stands for all types of one kind, those to come as well: `unit.*`."""


def covers(types: Collection[str], topic: Topic) -> bool:
    """Tell whether a topic is among the types asked for: none named is all of them."""
    return not types or topic in types or f"{topic.partition('.')[0]}.*" in types


def meant(types: Collection[str]) -> frozenset[Topic] | None:
    """Return the topics that types stand for; None: all."""
    return frozenset(one for one in Topic if covers(types, one)) if types else None


def checked(types: Iterable[str], field: str = "types") -> tuple[str, ...]:
    """Return the types once each, in their order; raises Invalid for one that is none."""
    named = tuple(dict.fromkeys(types))
    for at, one in enumerate(named):
        if one not in _KNOWN:
            raise Invalid(
                zh=f"没有事件类型“{one}”",
                en=f"no event type {one}",
                field=f"{field}.{at}",
                allowed=_KNOWN,
            )
    return named


_KNOWN: Final = (*FAMILIES, *(topic.value for topic in Topic))
