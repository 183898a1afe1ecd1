"""Finding which of many fixed phrases a text holds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_KEY = 2


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases of two characters and more, each with the number it stands for."""

    by_start: Mapping[str, tuple[tuple[str, int], ...]]

    @classmethod
    def build(cls, phrases: Iterable[tuple[str, int]]) -> "Phrases":
        """Index the phrases; shorter ones than two characters are left out."""
        found: dict[str, list[tuple[str, int]]] = {}
        for phrase, number in phrases:
            if len(phrase) >= _KEY:
                found.setdefault(phrase[:_KEY], []).append((phrase, number))
        return cls({start: tuple(members) for start, members in found.items()})

    def numbers(self, text: str) -> Iterator[int]:
        """Yield the number of every phrase that stands in the text."""
        bucket = self.by_start.get
        for start in range(len(text) - 1):
            for phrase, number in bucket(text[start : start + _KEY], ()):
                if text.startswith(phrase, start):
                    yield number
