"""Policies written as TOML; the standard library only reads it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from app.domain.area import AreaCode
from app.domain.limit import Limit
from app.domain.policy import LocalPolicy, Rule, Whistle
from app.domain.responsibility import Urgency
from app.sheets import clock_rules, marks

POLICY: Final = "policy"
LIMITS: Final = ("triage", "dispatch", "accept", "verify", "suspend", "loop")
LEVELS: Final = (
    "extension_levels",
    "suspension_levels",
    "return_levels",
    "cancel_levels",
    "support_levels",
    "appeal_levels",
)
NUMBERS: Final = (
    "recurrence",
    "self_handled_sample",
    "redo",
    "returns",
    "reopen_days",
    "reopens",
    "suspensions",
    "extensions",
)
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    | {chr(code): f"\\u{code:04X}" for code in (*range(9), 11, 12, *range(14, 32), 127)}
)


def document(policies: Mapping[AreaCode, LocalPolicy]) -> str:
    """Return the document that `policies.parse` reads."""
    return "\n".join(line for code, policy in policies.items() for line in _section(code, policy))


def _section(code: AreaCode, policy: LocalPolicy) -> Iterator[str]:
    yield f"[{POLICY}.{_quoted(code)}]"
    yield from (f"{key} = {value}" for key, value in _values(policy) if value is not None)
    yield ""
    for limits in policy.clocks:
        yield f"[[{POLICY}.{_quoted(code)}.clocks]]"
        for key, value in clock_rules.written(limits):
            told = _texts(value) if isinstance(value, list) else _quoted(str(value))
            yield f"{key} = {told}"
        yield ""
    for rule in policy.rules:
        yield f"[[{POLICY}.{_quoted(code)}.rules]]"
        yield from _rule(rule)
        yield ""


def _values(policy: LocalPolicy) -> Iterator[tuple[str, str | None]]:
    """Yield each key with what is written for it, None for what the section does not say."""
    for name in LIMITS:
        limits = getattr(policy, name)
        yield name, None if limits is None else _limits(limits)
    for key, listed in marks.written(policy.marks or {}):
        yield f"marks.{key}", listed
    yield "confidence", None if policy.confidence is None else str(policy.confidence)
    yield "closes_on_verify", _flag(policy.closes_on_verify)
    yield "requires_evidence", _flag(policy.requires_evidence)
    stepwise = policy.stepwise
    pairs = None if stepwise is None else ((key, _flag(on) or "") for key, on in stepwise.items())
    yield "stepwise", None if pairs is None else _table(pairs)
    yield "emergencies", None if policy.emergencies is None else _texts(policy.emergencies)
    yield "whistle", None if policy.whistle is None else _whistle(policy.whistle)
    near = policy.similar
    yield "similar", f"{{ metres = {near.metres}, hours = {near.hours} }}" if near else None
    yield "urge", None if policy.urge is None else _quoted(str(policy.urge))
    for name in NUMBERS:
        number = getattr(policy, name)
        yield name, None if number is None else str(number)
    for name in LEVELS:
        levels = getattr(policy, name)
        yield name, None if levels is None else _levels(levels)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"name = {_quoted(rule.name)}"
    yield f"entry = {_quoted(rule.entry)}"
    yield f"source = {_quoted(rule.source)}"
    yield f"contains = {_texts(rule.contains)}"
    yield f"attributes = {_table((key, _quoted(text)) for key, text in rule.attributes.items())}"
    if rule.areas:
        yield f"areas = {_texts(rule.areas)}"
    if rule.hours:
        start, end = (at.strftime("%H:%M") for at in rule.hours)
        yield f"hours = {_quoted(f'{start}-{end}')}"
    if rule.weekdays:
        yield f"weekdays = {list(rule.weekdays)}"
    for key in ("valid_from", "valid_to"):
        day = getattr(rule, key)
        if day:
            yield f"{key} = {day.isoformat()}"
    if rule.holder:
        yield f"holder = {_quoted(rule.holder)}"


def _limits(limits: Mapping[Urgency, Limit]) -> str:
    return _table((urgency, _quoted(str(limit))) for urgency, limit in limits.items())


def _whistle(whistle: Whistle) -> str:
    limits = {name: getattr(whistle, name) for name in ("sign", "contact", "work", "hard")}
    pairs = ((name, _quoted(str(limit))) for name, limit in limits.items())
    return _table([("tiers", _texts(whistle.tiers)), *pairs])


def _levels(levels: Mapping[Urgency, Sequence[int]]) -> str:
    return _table((urgency, str(list(counts))) for urgency, counts in levels.items())


def _flag(value: bool | None) -> str | None:  # noqa: FBT001  (a value to write)
    return None if value is None else str(value).lower()


def _texts(texts: Iterable[str]) -> str:
    return f"[{', '.join(_quoted(text) for text in texts)}]"


def _table(pairs: Iterable[tuple[str, str]]) -> str:
    inner = ", ".join(f"{_quoted(key)} = {value}" for key, value in pairs)
    return f"{{ {inner} }}" if inner else "{}"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
