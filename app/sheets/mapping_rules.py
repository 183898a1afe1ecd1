"""How one column of the list is made of a sheet's own columns."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from app.sheets.document import Node

KEYS: Final = ("from", "replace", "values", "contains", "matches", "default")
_SLOT: Final = re.compile(r"\{([^{}:]+)(?::(\d))?\}")


@dataclass(frozen=True, slots=True)
class Template:
    """Text with `{column}` in it; `{column:4}` fills up with zeros that Excel has dropped."""

    text: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it speaks of."""
        return tuple(slot[1] for slot in _SLOT.finditer(self.text))

    def fill(self, cells: Mapping[str, str]) -> str:
        """Return the text with the row's values; blank if it has columns and all are blank."""
        values = {name: cells[name] for name in self.columns}
        if values and not any(values.values()):
            return ""
        return _SLOT.sub(lambda slot: values[slot[1]].zfill(int(slot[2] or 0)), self.text)


@dataclass(frozen=True, slots=True)
class Rule:
    """A template, and tables its text is looked up in: first match of values, then of parts.

    Where nothing matches and there is no default, the text is unknown.
    """

    source: Template
    replace: Mapping[str, str]
    values: Mapping[str, str]
    contains: Mapping[str, str]
    matches: Mapping[str, str]
    default: str | None

    def said(self, cells: Mapping[str, str]) -> str:
        """Return what the sheet says, before any table."""
        text = self.source.fill(cells)
        for old, new in self.replace.items():
            text = text.replace(old, new)
        return text

    def apply(self, cells: Mapping[str, str]) -> str | None:
        """Return the value; None for a text no table knows."""
        text = self.said(cells)
        if not text:
            return self.default or ""
        if not (self.values or self.contains or self.matches):
            return text
        if text in self.values:
            return self.values[text]
        for part, value in self.contains.items():
            if part in text:
                return value
        for pattern, value in self.matches.items():
            if re.search(pattern, text):
                return value
        return self.default

    def nearest(self, text: str) -> str:
        """Return the value of the table that looks most like the text."""
        return next(iter(get_close_matches(text, self.values, n=1)), "")


def constant(text: str) -> Rule:
    """Return the rule that says the same of every row."""
    return Rule(Template(text), {}, {}, {}, {}, None)


def rule_of(node: Node) -> Rule:
    """Read a rule: a template alone, or a table with `from`."""
    if not node.is_table:
        return Rule(Template(node.text()), {}, {}, {}, {}, None)
    parts = node.table(KEYS)
    if "from" not in parts:
        node.note("缺少 from: 取自哪一列", "`from` is missing")
    matches = _texts(parts.get("matches"))
    _refuse_bad_patterns(node, matches)
    return Rule(
        source=Template(parts["from"].text() if "from" in parts else ""),
        replace=_texts(parts.get("replace")),
        values=_texts(parts.get("values")),
        contains=_texts(parts.get("contains")),
        matches=matches,
        default=parts["default"].text() if "default" in parts else None,
    )


def _texts(node: Node | None) -> dict[str, str]:
    return {key: value.text() for key, value in node.table().items()} if node else {}


def _refuse_bad_patterns(node: Node, patterns: Collection[str]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            node.note(f"“{pattern}”不是正则表达式: {error}", "not a regular expression")
