"""The entries of a responsibility list that a free text may fall under."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.domain.classify import Candidate
from app.domain.responsibility import Category, Entry, EntryCode
from app.recall.calibration import Calibration, signs
from app.recall.conditions import told_apart
from app.recall.features import Features, Floats, folded
from app.recall.phrases import Phrases
from app.recall.prototypes import Prototypes, Scores, Texts, summed
from app.recall.words import Speakers

# Entries of this class are filed by component code, never recalled from words.
_COMPONENT: Final = "部件"
# How fast the likelihood of candidates falls, per unit of score.
_SLOPE: Final = 12.0
_SLOPE_AMONG: Final = 7.0
# What the candidates behind the best leave for all those not returned.
_REST: Final = 0.1
# Below this nothing but single everyday characters agree.
_LEAST: Final = 0.02
_EXAMPLE: Final = 1.0
_TITLE: Final = 1.5
_NAME: Final = 1.5
_CONDITION: Final = 0.8
_KEYWORD: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Report:
    """A folded text, the features it has, and the chance that its best code is right."""

    text: str
    features: Sequence[int]
    chance: float = 0.0


class EntryMatcher:
    """Recalls entries for a report's text, with the words that spoke for each."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = _ordered(entries)
        self._index = {entry.code: index for index, entry in enumerate(self._entries)}
        self._features, texts = _learnt(self._entries)
        self._by_feature = told_apart(texts, self._features).T.tocsr()
        by_entry = summed(texts, self._features)
        self._speakers = Speakers.build(self._entries, by_entry, self._features)
        self._recalled = [entry for entry in self._entries if not _is_component(entry)]
        self._exclusions = Phrases.build(
            (folded(phrase), index)
            for index, entry in enumerate(self._recalled)
            for phrase in entry.exclusions
        )
        recalled = texts.of_first(len(self._recalled))
        self._prototypes = Prototypes.build(recalled, self._features)
        self._calibration = Calibration.by_leaving_out(recalled, self._features)

    @classmethod
    def build(cls, entries: Iterable[Entry]) -> "EntryMatcher":
        """Learn a list: its titles, conditions, keywords and examples; 800 entries take a second.

        Scores are calibrated by leaving the list's own examples out in turn.
        """
        return cls(entries)

    def find(
        self, texts: Sequence[str], limit: int = 5, *, asleep: Collection[EntryCode] = ()
    ) -> list[tuple[Candidate, ...]]:
        """Return for each text the likeliest codes, each by its likeliest entry, best first.

        The first score is the probability that its category is right; the scores of one text
        sum to less than 1. Components are not recalled, nor are entries that are `asleep`. A
        text that shares nothing with the list has no candidates.
        """
        if not texts or not self._recalled:
            return [() for _ in texts]
        plain = [folded(text) for text in texts]
        rows = self._features.rows(texts)
        scores = self._prototypes.score(rows, self._excluded(plain))
        chances = self._calibration.chance(signs(scores)).tolist()
        reports = map(_Report, plain, _features_of(rows), chances)
        if asleep:
            scores = self._awake(scores, self._numbers(asleep))
        return [
            tuple(self._candidates(report, codes, entries, limit))
            for report, codes, entries in zip(reports, scores.codes, scores.entries, strict=True)
        ]

    def find_among(
        self, text: str, codes: Collection[EntryCode], limit: int = 5
    ) -> tuple[Candidate, ...]:
        """Return the given entries, likeliest first; where the text says nothing, in list order.

        The scores of all of them sum to 1. Codes the list does not know are passed over.
        """
        return self.find_each_among([text], [codes], limit)[0]

    def find_each_among(
        self, texts: Sequence[str], among: Sequence[Collection[EntryCode]], limit: int = 5
    ) -> list[tuple[Candidate, ...]]:
        """Do for each text what `find_among` does for one; together is far cheaper."""
        if not texts:
            return []
        rows = self._features.rows(texts)
        fits = (rows @ self._by_feature).toarray()
        reports = map(_Report, map(folded, texts), _features_of(rows))
        return [
            self._ranked(report, fit, self._numbers(codes), limit)
            for report, fit, codes in zip(reports, fits, among, strict=True)
        ]

    def _numbers(self, codes: Collection[EntryCode]) -> list[int]:
        return sorted(self._index[code] for code in codes if code in self._index)

    def _ranked(
        self, report: _Report, fits: Floats, which: list[int], limit: int
    ) -> tuple[Candidate, ...]:
        if not which:
            return ()
        fit = fits[which]
        chance = np.exp(_SLOPE_AMONG * (fit - fit.max()))
        chance /= chance.sum()
        order = np.argsort(-fit, kind="stable")[:limit].tolist()
        return tuple(self._candidate(which[i], chance[i], report) for i in order)

    def _excluded(self, plain: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which entries' exclusions stand in which text; shape (texts, entries)."""
        excluded = np.zeros((len(plain), len(self._recalled)), np.bool_)
        for row, text in enumerate(plain):
            for index in self._exclusions.numbers(text):
                excluded[row, index] = True
        return excluded

    def _awake(self, scores: Scores, asleep: Sequence[int]) -> Scores:
        """Return the scores with those of sleeping entries, and of codes without others, gone."""
        sleeps = np.isin(np.arange(len(self._recalled)), asleep)
        entries = np.where(sleeps, -np.inf, scores.entries)
        gone = np.logical_and.reduceat(sleeps, self._prototypes.starts)
        return Scores(entries, scores.conditions, np.where(gone, -np.inf, scores.codes))

    def _candidates(
        self, report: _Report, codes: Floats, entries: Floats, limit: int
    ) -> Iterator[Candidate]:
        """Yield the best codes; the first has the report's chance, the rest share what is left."""
        best = [code for code in _largest(codes, limit) if codes[code] > _LEAST]
        falling = [exp(_SLOPE * float(codes[code] - codes[best[0]])) for code in best]
        left = (1.0 - report.chance) * (1.0 - _REST) / max(sum(falling[1:]), 1e-9)
        for rank, (code, part) in enumerate(zip(best, falling, strict=True)):
            score = min(report.chance, left * part) if rank else report.chance
            entry = max(self._prototypes.entries_of(code), key=entries.__getitem__)
            yield self._candidate(entry, score, report)

    def _candidate(self, index: int, score: float, report: _Report) -> Candidate:
        words = self._speakers.words(index, report.text, report.features)
        return Candidate(self._entries[index].code, float(score), words)


def _is_component(entry: Entry) -> bool:
    return entry.category.class_ == _COMPONENT


def _ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Put entries of one matter together and components last, else in list order."""
    entries = tuple(entries)
    matters = matters_of(entries)
    groups: dict[int, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(matters[entry.category], []).append(entry)
    together = [entry for group in groups.values() for entry in group]
    return tuple(sorted(together, key=_is_component))


def matters_of(entries: Sequence[Entry]) -> dict[Category, int]:
    """Return the matter each category is: those that an entry calls the same are one."""
    number: dict[Category, int] = {}
    for entry in entries:
        same = (entry.category, *entry.also)
        known = sorted({number[one] for one in same if one in number})
        first = known[0] if known else len(number)
        if len(known) > 1:
            same = (*same, *(one for one, matter in number.items() if matter in known[1:]))
        number.update(dict.fromkeys(same, first))
    return number


def _learnt(entries: Sequence[Entry]) -> tuple[Features, Texts]:
    """Return the n-grams of the entries' texts, and the texts as rows."""
    said = [(index, *item) for index, entry in enumerate(entries) for item in _said(entry)]
    matters = matters_of(entries)
    number: dict[tuple[int, bool], int] = {}
    for entry in entries:
        number.setdefault((matters[entry.category], _is_component(entry)), len(number))
    weighed = sum(not _is_component(entries[index]) for index, _, _, _ in said)
    features, rows = Features.build([text for _, text, _, _ in said], weighed or len(said))
    codes = [number[matters[entry.category], _is_component(entry)] for entry in entries]
    texts = Texts(
        rows=rows,
        entry=np.array([index for index, _, _, _ in said], np.int64),
        code_of=np.array(codes, np.int64),
        weight=np.array([weight for _, _, weight, _ in said], np.float32),
        turn=np.array([turn for _, _, _, turn in said], np.int64),
    )
    return features, texts


def _said(entry: Entry) -> Iterator[tuple[str, float, int]]:
    """Yield the entry's texts, each with its weight and, for examples, its number."""
    yield entry.title, _TITLE, -1
    yield entry.category_name, _NAME, -1
    yield entry.condition, _CONDITION, -1
    for word in (*entry.synonyms, *entry.keywords):
        yield word, _KEYWORD, -1
    for turn, example in enumerate(entry.examples):
        yield example, _EXAMPLE, turn


def _largest(values: Floats, count: int) -> list[int]:
    """Return the places of the largest values, largest first, equal ones in order."""
    if count < len(values):
        places = np.argpartition(-values, count - 1)[:count].tolist()
    else:
        places = list(range(len(values)))
    return sorted(places, key=lambda place: (-values[place], place))


def _features_of(rows: Any) -> Iterator[list[int]]:
    """Yield the features of each row."""
    ends = rows.indptr.tolist()
    features = rows.indices.tolist()
    for start, end in pairwise(ends):
        yield features[start:end]
