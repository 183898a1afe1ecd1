"""The content of rulebook parts as bytes: the same objects always give the same bytes."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from app.domain.area import Area, AreaCode
from app.domain.calendar import Calendar
from app.domain.organisation import Organisation
from app.domain.policy import LocalPolicy
from app.domain.responsibility import Entry
from app.domain.roster import Shift
from app.domain.rulebook import Part

Content = (
    tuple[Area, ...]
    | tuple[Organisation, ...]
    | tuple[Entry, ...]
    | Calendar
    | Mapping[AreaCode, LocalPolicy]
    | tuple[Shift, ...]
)
"""What a part consists of."""

_ADAPTERS: Final[Mapping[Part, TypeAdapter[Any]]] = {
    Part.AREAS: TypeAdapter(tuple[Area, ...]),
    Part.ORGANISATIONS: TypeAdapter(tuple[Organisation, ...]),
    Part.LIST: TypeAdapter(tuple[Entry, ...]),
    Part.CALENDAR: TypeAdapter(Calendar),
    Part.POLICIES: TypeAdapter(dict[AreaCode, LocalPolicy]),
    Part.ROSTER: TypeAdapter(tuple[Shift, ...]),
}


def encode(part: Part, content: Content) -> bytes:
    """Return the bytes that stand for a part's content."""
    return _ADAPTERS[part].dump_json(content)


def decode(part: Part, content: bytes) -> Any:
    """Return the content the bytes stand for; its type is the part's."""
    return _ADAPTERS[part].validate_json(content)
