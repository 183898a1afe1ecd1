"""The content of rulebook parts as bytes: the same objects always give the same bytes."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from pydantic import TypeAdapter

from app.domain.area import Area, AreaCode
from app.domain.calendar import Calendar
from app.domain.marks import climbing
from app.domain.organisation import Organisation
from app.domain.policy import LocalPolicy
from app.domain.responsibility import Entry, Urgency
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
    if part is Part.POLICIES and _FORMER in content:
        return _ADAPTERS[part].validate_python(_with_lists_of_marks(content))
    return _ADAPTERS[part].validate_json(content)


_FORMER: Final = b'"pressing_marks"'
"""What policies say that were published when marks were but percentages."""


def _with_lists_of_marks(content: bytes) -> dict[str, dict[str, Any]]:
    """Return policies of that time with their marks as they are listed now."""
    sections: dict[str, dict[str, Any]] = orjson.loads(content)
    for section in sections.values():
        normal, pressing = section.pop("marks", None), section.pop("pressing_marks")
        found = {Urgency.NORMAL: normal, Urgency.URGENT: pressing, Urgency.MAJOR: pressing}
        section["marks"] = {
            str(urgency): climbing(*said["raises"], warn=said["warn"])
            for urgency, said in found.items()
            if said is not None
        } or None
    return sections
