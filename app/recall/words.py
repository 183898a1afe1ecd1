"""The words of a report that spoke for an entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from app.domain.responsibility import Entry
from app.recall.features import Features, folded

_MOST: Final = 5
# Keywords tell a reader more than n-grams do; these only fill in for them.
_ENOUGH: Final = 1
# The n-grams that are joined to passages: with all of them a long report would be one passage.
_TELLING: Final = 10
# An n-gram that begins or ends with one of these is a scrap of grammar.
_GRAMMAR: Final = frozenset("的了在是我你他它个那这就都很也着过得地啊吗呢吧不没有把被到去来上下")


@dataclass(frozen=True, slots=True)
class Speakers:
    """What can speak for each entry: its keywords (as matched, as written), then its n-grams.

    `names` are the written n-grams worth showing by feature; "" for all others. `grams` are the
    numbers of features, four bytes each: sets would take twenty times the room.
    """

    keywords: tuple[tuple[tuple[str, str], ...], ...]
    grams: tuple[bytes, ...]
    names: tuple[str, ...]
    weight: tuple[float, ...]

    @classmethod
    def build(cls, entries: Sequence[Entry], by_entry: Any, features: Features) -> "Speakers":
        """Index the entries; `by_entry` has their rows, shape (entries, features)."""
        sounds = features.is_sound.tolist()
        names = tuple(
            "" if sounds[index] or _is_scrap(gram) else gram for gram, index in features.ids.items()
        )
        telling = np.array([bool(name) for name in names])
        ends = pairwise(by_entry.indptr.tolist())
        rows = [by_entry.indices[start:end] for start, end in ends]
        return cls(
            keywords=tuple(_keywords(entry) for entry in entries),
            grams=tuple(row[telling[row]].astype(np.int32).tobytes() for row in rows),
            names=names,
            weight=tuple(features.weight.tolist()),
        )

    def words(self, entry: int, text: str, features: Sequence[int]) -> tuple[str, ...]:
        """Return up to five words of the folded text, whose features are given, for the entry."""
        found = [word for key, word in self.keywords[entry] if key in text]
        found = [word for word in found if not any(word in o for o in found if o != word)][:_MOST]
        if len(found) >= _ENOUGH:
            return tuple(found)
        shared = set(features).intersection(memoryview(self.grams[entry]).cast("i"))
        telling = sorted(shared, key=lambda i: (-len(self.names[i]) * self.weight[i], i))[:_TELLING]
        return _joined(text, {self.names[index]: self.weight[index] for index in telling})


def _joined(text: str, weights: Mapping[str, float]) -> tuple[str, ...]:
    """Return the passages of the text that overlapping n-grams make up, the weightiest first."""
    spans = sorted((text.find(gram), len(gram), weight) for gram, weight in weights.items())
    passages: list[list[float]] = []
    for start, length, weight in spans:
        if passages and start < passages[-1][1]:
            passages[-1][1] = max(passages[-1][1], start + length)
            passages[-1][2] += weight
        elif start >= 0:
            passages.append([start, start + length, weight])
    best = sorted(passages, key=lambda passage: (-passage[2], passage[0]))[:_MOST]
    return tuple(dict.fromkeys(text[int(start) : int(end)] for start, end, _ in best))


def _is_scrap(gram: str) -> bool:
    return len(gram) == 1 or gram[0] in _GRAMMAR or gram[-1] in _GRAMMAR


def _keywords(entry: Entry) -> tuple[tuple[str, str], ...]:
    """Return the keywords as they are looked for and as written, longest first."""
    pairs = sorted(((folded(word), word) for word in entry.keywords), key=lambda p: -len(p[0]))
    return tuple(pair for pair in pairs if pair[0])
