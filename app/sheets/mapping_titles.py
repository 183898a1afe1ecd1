"""Titles (条目名称) for a sheet that has none: the category and what tells its entries apart."""

import re
from typing import Final

from app.sheets.responsibility import NAME_LENGTH

_CLAUSES: Final = re.compile(r"[，。；、,;：:\s]+")
_SHORT: Final = 20


class Titles:
    """The titles made so far; none is given twice in a category."""

    def __init__(self) -> None:
        self._given: set[tuple[object, str]] = set()

    def make(self, category: object, name: str, condition: str) -> str:
        """Return the name with the condition's first clauses, as few as make it unlike others."""
        clauses = [clause for clause in _CLAUSES.split(condition) if clause]
        said = ""
        for clause in clauses:
            said += clause
            if len(said) > 2 and self._take(category, title := _fitting(name, said[:_SHORT])):
                return title
        count = 1
        while not self._take(category, title := _fitting(name, said, f"（{count}）")):
            count += 1
        return title

    def _take(self, category: object, title: str) -> bool:
        """Give a title away, unless it is gone."""
        if not title or (category, title) in self._given:
            return False
        self._given.add((category, title))
        return True


def _fitting(name: str, said: str, tail: str = "") -> str:
    return f"{name}：{said}"[: NAME_LENGTH - len(tail)] + tail
