"""What an entry says, field by field, in the reader's words."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple

from app import data
from app.domain.classify import kind_of
from app.domain.explain.words import BASIS, DUTY, ENTRY_BASIS, limit_said
from app.domain.limit import Limit
from app.domain.responsibility import Category, Duty, Entry, EntryBasis, Evidence, PlanTask, Stage
from app.domain.words import CLAUSE, Words
from app.web.pages import Reader


class Label(NamedTuple):
    """A field of an entry and what it is called."""

    name: str
    zh: str
    en: str


LABELS: Final = (
    Label("title", "名称", "Title"),
    Label("category", "类别编码", "Category"),
    Label("category_name", "类别名称", "Category's name"),
    Label("path", "上级类别", "Above the category"),
    Label("also", "其他分类中的同一事项", "The same in other schemes"),
    Label("condition", "立案条件", "Filing condition"),
    Label("closing", "结案条件", "Closing condition"),
    Label("kind", "类型", "Kind"),
    Label("level", "处置层级", "Level"),
    Label("duty", "镇街履职", "The street's duty"),
    Label("lead", "主办职能", "Lead function"),
    Label("support", "协办职能", "Supporting functions"),
    Label("joint", "共同处置", "Acting jointly"),
    Label("supervisor", "督办职能", "Supervising function"),
    Label("urgency", "紧急程度", "Urgency"),
    Label("limit", "处置时限", "Limit"),
    Label("stages", "分段时限", "Stages"),
    Label("plan", "处置预案", "Plan"),
    Label("evidence", "办结照片", "Photographs"),
    Label("self_handled", "自行处置", "Self-handling"),
    Label("keywords", "关键词", "Keywords"),
    Label("synonyms", "近义词", "Synonyms"),
    Label("exclusions", "排除词", "Exclusions"),
    Label("examples", "示例", "Examples"),
    Label("law", "法律依据", "Law"),
    Label("basis", "来源", "Basis"),
    Label("source", "出处", "Source"),
    Label("valid_from", "生效日", "Valid from"),
    Label("valid_to", "失效日", "Valid to"),
)
_BY_NAME: Final = {label.name: label for label in LABELS}
_JOINED: Final = frozenset({"path", "support", "joint", "keywords", "synonyms", "exclusions"})
_FUNCTIONS: Final = frozenset({"lead", "support", "joint", "supervisor"})
_EVIDENCE: Final[Words] = {
    Evidence.NONE: ("不要求", "none needed"),
    Evidence.AFTER: ("处置后", "after the work"),
    Evidence.BEFORE_AFTER: ("处置前后", "before and after the work"),
}
_WORDS: Final[Mapping[type, Words]] = {
    Evidence: _EVIDENCE,
    Duty: DUTY,
    EntryBasis: ENTRY_BASIS,
}


class Line(NamedTuple):
    """A field with what it says, one text for each thing it lists."""

    label: str
    texts: Sequence[str]


class Change(NamedTuple):
    """A field that differs, as both sides say it."""

    label: str
    before: Sequence[str]
    after: Sequence[str]


def lines(entry: Entry, reader: Reader) -> list[Line]:
    """Return everything an entry says; fields that are empty are left out."""
    told = ((label, _whole(entry, label.name, reader)) for label in LABELS)
    return [Line(reader.say(label.zh, label.en), found) for label, found in told if found]


def _whole(entry: Entry, name: str, reader: Reader) -> list[str]:
    found = texts(entry, name, reader)
    if name == "limit":
        return [f"{found[0]} ({reader.say(*BASIS[entry.limit.basis])})"]
    return ["、".join(found)] if found and name in _JOINED else found


def changes(before: Entry, after: Entry, names: Sequence[str], reader: Reader) -> list[Change]:
    """Return the fields of these names on both sides."""
    return [
        Change(
            reader.say(_BY_NAME[name].zh, _BY_NAME[name].en),
            texts(before, name, reader),
            texts(after, name, reader),
        )
        for name in names
    ]


def texts(entry: Entry, name: str, reader: Reader) -> list[str]:
    """Return what one field says."""
    if name == "kind":
        return [_kind(entry, reader)]
    found = getattr(entry, name)
    if name == "self_handled":
        return _self_handled(entry, reader)
    listed = found if isinstance(found, tuple) else (found,)
    if name in _FUNCTIONS:
        return [function(code, reader) for code in listed if code]
    return [_text(one, reader) for one in listed if one not in {None, ""}]


def _kind(entry: Entry, reader: Reader) -> str:
    kind, clause = kind_of(entry)
    return f"{reader.word(kind)} ({reader.say(*CLAUSE[clause])})"


def _self_handled(entry: Entry, reader: Reader) -> list[str]:
    allowed = entry.may_be_self_handled
    said = reader.say("允许", "allowed") if allowed else reader.say("不允许", "not allowed")
    if entry.self_handled is None:
        said += reader.say(" (按层级与紧急程度)", " (by level and urgency)")
    return [said]


def _text(value: Any, reader: Reader) -> str:
    match value:
        case Limit() | PlanTask() | Stage():
            return _timed(value, reader)
        case Category():
            return f"{value.scheme} {value.class_} {value.code}"
        case StrEnum():
            words = _WORDS.get(type(value))
            return reader.say(*words[value]) if words else reader.word(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _timed(value: Limit | PlanTask | Stage, reader: Reader) -> str:
    if isinstance(value, Limit):
        return reader.say(*limit_said(value))
    limit = reader.say(*limit_said(value.limit))
    if isinstance(value, Stage):
        return f"{value.title}: {limit}"
    turn = reader.say(f"第 {value.turn} 轮", f"turn {value.turn}")
    return f"{turn} · {value.title} · {function(value.function, reader)} · {limit}"


def function(code: str, reader: Reader) -> str:
    """Return what a function is called; a city's own by its code."""
    return reader.say(_functions().get(code, code), code.replace("_", " "))


@cache
def _functions() -> Mapping[str, str]:
    return data.functions()
