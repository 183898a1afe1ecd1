"""Handling-unit texts (处置单位): who leads and who supports, out of names in one cell."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from app.sheets.document import Node
from app.sheets.mapping_rules import Template

OWNER: Final = "owner"
"""产权单位: whoever owns the thing; no body of the city, so it is left out."""
STREET: Final = "street"
"""街办: not a function but the tier; named first, it makes the entry the street's."""
GOVERNMENT: Final = "government"
"""属地政府: answers for everything; left out."""
ROLES: Final = (OWNER, STREET, GOVERNMENT)
KEYS: Final = ("lead", "supervisor", "split", "names", "alone")
_SPLIT: Final = ("、", "，", ",", "；", ";")


@dataclass(frozen=True, slots=True)
class Handling:
    """What a handling-unit text means."""

    functions: tuple[str, ...]
    """The lead's first, then those who support."""
    is_streets: bool
    left_out: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Units:
    """The names of a sheet's units: function codes, or one of ROLES."""

    lead: Template
    supervisor: Template | None
    split: tuple[str, ...]
    names: Mapping[str, str]
    alone: str
    """The function that leads where only a street or owners are named."""

    def read(self, text: str) -> Handling:
        """Split the text into names and look each up."""
        named = self._parts([text])
        known = [self.names[name] for name in named if name in self.names]
        functions = list(dict.fromkeys(one for one in known if one not in ROLES))
        if known and not functions and self.alone:
            functions = [self.alone]
        return Handling(
            functions=tuple(functions),
            is_streets=known[:1] == [STREET],
            left_out=tuple(name for name in named if self.names.get(name) in {OWNER, GOVERNMENT}),
            unknown=tuple(name for name in named if name not in self.names),
        )

    def _parts(self, parts: list[str]) -> list[str]:
        """Split by each separator in turn, but never a name that is known as a whole."""
        for separator in self.split:
            parts = [piece for part in parts for piece in self._pieces(part, separator)]
        return [_bare(part) for part in parts if _bare(part)]

    def _pieces(self, part: str, separator: str) -> list[str]:
        """Split one part, taking the longest known name at each turn."""
        rest, found = part.split(separator), []
        while rest:
            ends = range(len(rest), 1, -1)
            end = next((n for n in ends if _bare(separator.join(rest[:n])) in self.names), 1)
            found.append(separator.join(rest[:end]))
            rest = rest[end:]
        return found

    def nearest(self, name: str) -> str:
        """Return the known name that looks most like this one."""
        return next(iter(get_close_matches(name, self.names, n=1)), "")


def _bare(name: str) -> str:
    return "".join(name.split())


def units_of(node: Node, functions: Collection[str]) -> Units:
    """Read the part `units` of a mapping."""
    parts = node.table(KEYS)
    if "lead" not in parts:
        node.note("缺少 lead: 处置单位在哪一列", "`lead` is missing")
    names: dict[str, str] = {}
    listed = parts["names"].table((*functions, *ROLES)) if "names" in parts else {}
    for value, texts in listed.items():
        for name in map(_bare, texts.words()):
            if name in names:
                texts.note(f"“{name}”写了两次", f"{name} is there twice")
            names[name] = value
    alone = parts["alone"].text() if "alone" in parts else ""
    if alone and alone not in functions:
        parts["alone"].note(f"未知的职能 {alone}", f"unknown function {alone}")
    return Units(
        lead=Template(parts["lead"].text() if "lead" in parts else ""),
        supervisor=Template(parts["supervisor"].text()) if "supervisor" in parts else None,
        split=parts["split"].words() if "split" in parts else _SPLIT,
        names=names,
        alone=alone,
    )
