"""A YAML document read node by node: every scalar is text, every fault has its line."""

from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import yaml

from app.sheets.encoding import decode
from app.sheets.faults import Faults

SIZE_LIMIT: Final = 1024 * 1024


class Node:
    """One value of the document. A method that finds another shape notes it and gives none."""

    def __init__(self, node: yaml.Node, name: str, faults: Faults) -> None:
        self.name = name
        self.line: int = node.start_mark.line + 1
        self._node = node
        self._faults = faults

    @property
    def is_table(self) -> bool:
        """It is written as keys with values."""
        return isinstance(self._node, yaml.MappingNode)

    def note(self, zh: str, en: str) -> None:
        """Note a fault of this value."""
        self._faults.add(self.line, self.name, zh, en)

    def text(self) -> str:
        """Return a single value; numbers stay as they are written."""
        if isinstance(self._node, yaml.ScalarNode):
            return str(self._node.value)
        self.note("应为一个值", "expected a single value")
        return ""

    def number(self, *, least: int, most: int) -> int:
        """Return a whole number; the least one stands in."""
        text = self.text()
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        self.note(f"应为 {least}-{most} 的整数", f"expected a number from {least} to {most}")
        return least

    def words(self) -> tuple[str, ...]:
        """Return the texts of a list; a single value is a list of one."""
        if not isinstance(self._node, yaml.SequenceNode):
            return (self.text(),)
        return tuple(Node(item, self.name, self._faults).text() for item in self._node.value)

    def table(self, known: Collection[str] = ()) -> dict[str, "Node"]:
        """Return the values by key; a key that is not `known` is noted, where any are given."""
        if not isinstance(self._node, yaml.MappingNode):
            self.note("应为“键: 值”的表", "expected keys with values")
            return {}
        found: dict[str, Node] = {}
        for key, value in self._node.value:
            at = Node(key, f"{self.name}.{key.value}".lstrip("."), self._faults)
            name = at.text()
            if name in found:
                at.note("同一键写了两次", "the same key twice")
            elif known and name not in known:
                at.note(f"没有此项, {_nearest(name, known)}", "there is no such key")
            else:
                found[name] = Node(value, at.name, self._faults)
        return found


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"是否为 {near[0]}" if near else f"应为 {'、'.join(known)} 之一"


def parse(path: Path, faults: Faults) -> Node:
    """Return the document's root; raises BadSheet when it is no YAML."""
    if path.stat().st_size > SIZE_LIMIT:
        faults.whole("文件超过 1 MB", "the file is larger than 1 MB")
        faults.refuse()
    try:
        root = yaml.compose(decode(path.read_bytes(), faults), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or type(error).__name__
        zh = f"不是完好的 YAML, 请检查缩进、冒号后的空格与引号 ({reason})"
        faults.add(mark.line + 1 if mark else 1, "YAML", zh, f"not sound YAML: {reason}")
        root = None
    else:
        if root is None:
            faults.whole("文件是空的", "the file is empty")
    faults.refuse()
    return Node(root, "", faults)
