"""Classification (类别研判): which entry of the list a report falls under, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.area import Area
from app.domain.event import Channel, Event
from app.domain.local import Obstacle, Skipped, applies, holder_obstacle, obstacle
from app.domain.organisation import Organisation
from app.domain.policy import Rule
from app.domain.responsibility import Entry, EntryCode, Kind, ResponsibilityList, Urgency
from app.domain.rulebook import Rulebook
from app.domain.unit import Clause


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that a text may mean.

    `score` is the probability, 0 to 1, that the entry's category is the right one; `words` are the
    parts of the report that spoke for it.
    """

    entry: EntryCode
    score: float
    words: tuple[str, ...] = ()


class Method(StrEnum):
    """What decided the entry."""

    CODE = "code"
    """上报时给定类别"""
    RULE = "rule"
    """本地规则"""
    TEXT = "text"
    """文字匹配"""
    PERSON = "person"
    """人工研判"""
    UNSURE = "unsure"
    """把握不足, 待研判"""


@dataclass(frozen=True, slots=True)
class Classification:
    """The entry, or none when a person must look, with what was considered.

    `holder` is who a local rule gives it to, if it names somebody; `skipped` are the rules
    that would have applied and cannot.
    """

    entry: Entry | None
    method: Method
    candidates: tuple[Candidate, ...] = ()
    rule: str = ""
    holder: Organisation | None = None
    skipped: tuple[Skipped, ...] = ()


def classify(
    event: Event, candidates: Sequence[Candidate], rulebook: Rulebook, path: Sequence[Area]
) -> Classification:
    """Decide the entry: the given code, then the local rules, then the text.

    `candidates` are what the text recalls, best first; for an event with a category, only
    that category's entries. `path` are the areas around the place.
    """
    seen, entries = tuple(candidates), rulebook.list
    if event.category is not None:
        return Classification(_under_category(event, seen, entries), Method.CODE, seen)
    policy = rulebook.policies.at(path)
    ruled, skipped = _first_rule(policy.rules, event, path, rulebook)
    if ruled is not None:
        holder = rulebook.organisations[ruled.holder] if ruled.holder else None
        entry = entries[ruled.entry]
        return Classification(entry, Method.RULE, seen, ruled.name, holder, skipped)
    if seen and seen[0].score >= policy.confidence:
        return Classification(entries[seen[0].entry], Method.TEXT, seen, skipped=skipped)
    return Classification(None, Method.UNSURE, seen, skipped=skipped)


def _first_rule(
    rules: Sequence[Rule], event: Event, path: Sequence[Area], rulebook: Rulebook
) -> tuple[Rule | None, tuple[Skipped, ...]]:
    """Return the first rule that applies, and those before it that should have and cannot."""
    skipped: list[Skipped] = []
    for rule in rules:
        try:
            if not applies(rule, event, path, rulebook):
                continue
            why = obstacle(rule, rulebook) or holder_obstacle(
                rule, _kind_here(event, rulebook.list[rule.entry]), rulebook
            )
        except (LookupError, ValueError, OverflowError):
            # One bad rule must not stop the others, nor the report.
            why = Obstacle.FAILED
        if why is None:
            return rule, tuple(skipped)
        skipped.append(Skipped(rule.name, why))
    return None, tuple(skipped)


def _kind_here(event: Event, entry: Entry) -> Kind:
    """Return the kind the report's unit gets under an entry: from above it is a task."""
    return Kind.TASK if event.source is Channel.UPPER else kind_of(entry)[0]


def _under_category(
    event: Event, candidates: Sequence[Candidate], entries: ResponsibilityList
) -> Entry | None:
    """Return the condition the text has words for, else the category's first."""
    if event.category is None:
        return None
    if candidates and candidates[0].words:
        return entries[candidates[0].entry]
    conditions = entries.under(event.category)
    return conditions[0] if conditions else None


def kind_of(entry: Entry) -> tuple[Kind, Clause]:
    """Return the kind of an entry's units and the clause that decided it, first match.

    A list may say otherwise, such as that one duty of one holder is an item however pressing:
    then its word stands, and the clause says that it does.
    """
    kind, clause = _by_rule(entry)
    return (kind, clause) if entry.kind in {None, kind} else (entry.kind or kind, Clause.LISTED)


def _by_rule(entry: Entry) -> tuple[Kind, Clause]:
    if entry.urgency is not Urgency.NORMAL:
        return Kind.EVENT, Clause.URGENT
    if entry.plan:
        return Kind.EVENT, Clause.PLANNED
    if entry.joint:
        return Kind.EVENT, Clause.JOINT
    return Kind.ITEM, Clause.SINGLE
