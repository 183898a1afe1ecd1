"""Does a value conform to a JSON schema of the contract? As much of the standard as it uses."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

_TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_FORMATS = {"date-time": datetime.fromisoformat, "uuid": UUID}
_UNDERSTOOD = {
    *("$ref", "allOf", "anyOf", "type", "const", "enum", "format", "required", "properties"),
    *("items", "additionalProperties", "title", "description", "default", "examples"),
}


def faults(contract: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> list[str]:
    """Return what does not conform, each with where it stands; none: the value conforms."""
    return list(_faults(contract["components"]["schemas"], schema, value, ""))


def _faults(known: Mapping[str, Any], schema: Any, value: Any, at: str) -> Iterator[str]:
    unknown = schema.keys() - _UNDERSTOOD
    assert not unknown, f"{at}: this checker does not know {unknown}"
    if "$ref" in schema:
        yield from _faults(known, known[schema["$ref"].rpartition("/")[2]], value, at)
    for one in schema.get("allOf", ()):
        yield from _faults(known, one, value, at)
    if "anyOf" in schema:
        tried = [list(_faults(known, one, value, at)) for one in schema["anyOf"]]
        if all(tried):
            yield f"{at}: fits none of {len(tried)}: " + "; ".join(min(tried, key=len))
    yield from _itself(schema, value, at)
    if isinstance(value, dict):
        yield from _of_object(known, schema, value, at)
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _faults(known, schema.get("items", {}), one, f"{at}/{number}")


def _itself(schema: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
    if "type" in schema and not _TYPES[schema["type"]](value):
        yield f"{at}: {value!r} is no {schema['type']}"
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if "format" in schema and isinstance(value, str):
        try:
            _FORMATS[schema["format"]](value)
        except ValueError:
            yield f"{at}: {value!r} is no {schema['format']}"


def _of_object(
    known: Mapping[str, Any], schema: Mapping[str, Any], value: Mapping[str, Any], at: str
) -> Iterator[str]:
    fields = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}/{name}: lacking"
    for name, one in value.items():
        if name in fields:
            yield from _faults(known, fields[name], one, f"{at}/{name}")
        elif "title" in schema and fields:
            # A schema of its own names all its fields; parts of one (allOf) need not.
            yield f"{at}/{name}: not in the schema {schema['title']}"
