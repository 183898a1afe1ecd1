"""Policies written as TOML; the standard library only reads it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.domain.area import AreaCode
from app.domain.limit import Limit
from app.domain.policy import Marks, Policy, Rule
from app.domain.responsibility import Urgency

POLICY: Final = "policy"
LIMITS: Final = ("triage", "dispatch", "accept", "verify")
MARKS: Final = ("marks", "pressing_marks")
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    | {chr(code): f"\\u{code:04X}" for code in (*range(9), 11, 12, *range(14, 32), 127)}
)


def document(policies: Mapping[AreaCode, Policy]) -> str:
    """Return the document that `policies.parse` reads."""
    return "\n".join(line for code, policy in policies.items() for line in _section(code, policy))


def _section(code: AreaCode, policy: Policy) -> Iterator[str]:
    yield f"[{POLICY}.{_quoted(code)}]"
    for name in LIMITS:
        yield f"{name} = {_limits(getattr(policy, name))}"
    for name in MARKS:
        yield f"{name} = {_marks(getattr(policy, name))}"
    yield f"confidence = {policy.confidence}"
    yield f"closes_on_verify = {str(policy.closes_on_verify).lower()}"
    yield ""
    for rule in policy.rules:
        yield f"[[{POLICY}.{_quoted(code)}.rules]]"
        yield from _rule(rule)
        yield ""


def _rule(rule: Rule) -> Iterator[str]:
    yield f"name = {_quoted(rule.name)}"
    yield f"entry = {_quoted(rule.entry)}"
    yield f"source = {_quoted(rule.source)}"
    yield f"contains = [{', '.join(_quoted(word) for word in rule.contains)}]"
    yield f"attributes = {_table((key, _quoted(text)) for key, text in rule.attributes.items())}"


def _limits(limits: Mapping[Urgency, Limit]) -> str:
    return _table((urgency, _quoted(str(limit))) for urgency, limit in limits.items())


def _marks(marks: Marks) -> str:
    return f"{{ warn = {marks.warn}, raises = {list(marks.raises)} }}"


def _table(pairs: Iterable[tuple[str, str]]) -> str:
    inner = ", ".join(f"{_quoted(key)} = {value}" for key, value in pairs)
    return f"{{ {inner} }}" if inner else "{}"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
