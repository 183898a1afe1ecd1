"""Fields: what a body of the API asks for, as the inputs of a form."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from app.domain.evidence import Phase
from app.domain.need import Need


class Widget(StrEnum):
    """How something is asked for."""

    WORDS = "words"
    """some sentences"""
    LINE = "line"
    NUMBER = "number"
    MOMENT = "moment"
    LIMIT = "limit"
    CHOICE = "choice"
    """one of a few"""
    PICK = "pick"
    """one of many, looked for by name"""
    FILES = "files"
    ROWS = "rows"
    """any number of the same"""
    JSON = "json"
    """what no other widget is there for"""


@dataclass(frozen=True, slots=True)
class Option:
    """One that may be chosen."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One value that a form asks for, by the name the API knows it by.

    `options` are codes, which a page words; `usual` is what holds if nobody says otherwise.
    `rows` are the fields of one row: a dot and a number stand between its name and theirs.
    """

    name: str
    widget: Widget
    is_required: bool = False
    most: int | None = None
    usual: str = ""
    options: Sequence[str] = ()
    rows: Sequence["Field"] = ()
    phase: Phase | None = None
    near: Sequence[Option] = ()
    """Of many, those that are likely."""
    find: str = ""
    """The address that looks for others."""

    @property
    def key(self) -> str:
        """Return its name within its own body: of a task's holder `holder`."""
        return next(one for one in reversed(self.name.split(".")) if one != ROW)


ROW: Final = "__row__"
"""Stands for a row's number, which the page puts there."""
FIELD_OF: Final[Mapping[Need, str]] = {Need.UNIT: "into"}
"""How bodies call a need, where it is not by its own name."""
PICKED: Final = frozenset({"holder", "departments", "entry", "area", "into", "function"})
"""Fields that are looked for among many, by what they name."""
_BY_NAME: Final[Mapping[str, Widget]] = {
    "reason": Widget.WORDS,
    "limit": Widget.LIMIT,
    "attachments": Widget.FILES,
    **dict.fromkeys(PICKED, Widget.PICK),
}


def field_of(need: Need) -> str:
    """Return by which name a body takes what an action needs."""
    return FIELD_OF.get(need, need.value)


def of_model(model: type[BaseModel], needed: Collection[str] = (), within: str = "") -> list[Field]:
    """Return the fields of a body; those `needed` must be given whatever the body says."""
    return [
        replace(found, is_required=info.is_required() or name in needed)
        for name, info in model.model_fields.items()
        for found in [_of(info, name, f"{within}{name}")]
    ]


def _of(info: FieldInfo, name: str, full: str) -> Field:
    bare, marks = _bare(info.annotation), [*info.metadata, *_marks(info.annotation)]
    most = next((one.max_length for one in marks if getattr(one, "max_length", None)), None)
    usual = "" if info.is_required() else str(info.get_default(call_default_factory=True) or "")
    if get_origin(bare) is list and name != "attachments":
        return Field(full, Widget.ROWS, most=most, rows=_row(get_args(bare)[0], name, full))
    field = Field(full, _BY_NAME.get(name, Widget.LINE), most=most, usual=usual)
    if name in _BY_NAME:
        return replace(field, usual="")
    options = _options(bare)
    if options:
        return replace(field, widget=Widget.CHOICE, options=options)
    if bare not in _BY_TYPE:
        return replace(field, widget=Widget.JSON, usual="")
    return replace(field, widget=_BY_TYPE[bare])


_BY_TYPE: Final[Mapping[Any, Widget]] = {
    str: Widget.LINE,
    int: Widget.NUMBER,
    datetime: Widget.MOMENT,
    AwareDatetime: Widget.MOMENT,
    UUID: Widget.LINE,
}


def _row(item: Any, name: str, full: str) -> Sequence[Field]:
    bare = _bare(item)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return sorted(of_model(bare, within=f"{full}.{ROW}."), key=lambda one: not one.is_required)
    return (Field(f"{full}.{ROW}", _BY_NAME.get(name, Widget.LINE), is_required=True),)


def _options(bare: Any) -> Sequence[str]:
    """Return the codes that a type leaves to choose from, as members of their enumeration."""
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return tuple(bare)
    return get_args(bare) if get_origin(bare) is Literal else ()


def _bare(annotation: Any) -> Any:
    """Return a type without what is said about it, and without None."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    some = [one for one in get_args(annotation) if one is not NoneType]
    is_optional = NoneType in get_args(annotation)
    return _bare(some[0]) if is_optional and len(some) == 1 else annotation


def _marks(annotation: Any) -> Iterator[Any]:
    """Yield what is said about a type, however deep it is wrapped."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        yield from marks
        yield from _marks(inner)
    elif NoneType in get_args(annotation):
        for one in get_args(annotation):
            yield from _marks(one)
