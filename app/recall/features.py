"""Texts as sparse rows: what is written (character n-grams) and how it sounds (pinyin n-grams)."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import add
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pypinyin.constants import PINYIN_DICT
from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]

_RUN: Final = re.compile(r"[0-9a-z\u3400-\u9fff]+")
_DIGITS: Final = str.maketrans("123456789", "000000000")
# Sounds take characters that no text holds, so that they share one table with the written n-grams.
_FIRST_SOUND: Final = "\ue000"
# The share of sound in a row; more blurs words that differ in writing only.
_SOUND_SHARE: Final = 0.7


def runs(text: str) -> list[str]:
    """Return the stretches of letters and characters, folded: full width, case and digits."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_DIGITS)
    return _RUN.findall(folded)


def folded(text: str) -> str:
    """Return the text as phrases are looked for in it: its runs with one space between."""
    return " ".join(runs(text))


def grams(run: str) -> list[str]:
    """Return the n-grams of one and two characters.

    With three, weights follow the wording of the examples: 90 % of 195 reports written before
    the keywords were told right against 92 %, at twice the cost.
    """
    return [*run, *map(add, run, run[1:])]


def _plain(reading: str) -> str:
    """Drop the tone of a syllable: zhòng → zhong."""
    return "".join(c for c in unicodedata.normalize("NFD", reading) if not unicodedata.combining(c))


def _slack(syllable: str) -> str:
    """Merge what south-western speakers and their phones confuse: zh/z, l/n, hu/f, ing/in."""
    syllable = re.sub(r"^([zcs])h", r"\1", syllable)
    syllable = re.sub(r"^l", "n", syllable)
    syllable = re.sub(r"^hu(?=[aeo])", "f", syllable)
    return re.sub(r"(?<=[ei])ng$", "n", syllable)


@cache
def _sounds() -> dict[int, str]:
    """Return for each Chinese character one character that stands for its sound.

    The first reading is taken: a wrong one is wrong alike in the list and in the report.
    """
    readings = {found.partition(",")[0] for found in PINYIN_DICT.values()}
    syllables = {reading: _slack(_plain(reading)) for reading in readings}
    order = {syllable: index for index, syllable in enumerate(sorted(set(syllables.values())))}
    return {
        character: chr(ord(_FIRST_SOUND) + order[syllables[found.partition(",")[0]]])
        for character, found in PINYIN_DICT.items()
    }


def _halves(text: str) -> tuple[set[str], set[str]]:
    """Return the n-grams of the text as written and as spoken."""
    written: set[str] = set()
    spoken: set[str] = set()
    for run in runs(text):
        written.update(grams(run))
        spoken.update(grams(run.translate(_sounds())))
    return written, spoken


@dataclass(frozen=True, slots=True)
class Features:
    """The n-grams of a list, with their weights; a text is a row in their space.

    `weight` is the inverse document frequency, shape (features,); `is_sound` tells the half.
    """

    ids: dict[str, int]
    weight: Floats
    is_sound: NDArray[np.bool_]
    unknown: float

    @classmethod
    def build(cls, texts: Sequence[str], weighed: int) -> tuple["Features", Any]:
        """Learn the n-grams of the texts and return the rows of the texts too.

        The first `weighed` texts are the documents that weights are counted over; n-grams of
        the others only are as telling as those no text has.
        """
        numbers: dict[str, int] = {}
        found: list[int] = []
        sizes: list[int] = []
        # A list has 100,000 halves: numbers take a tenth of the room of their n-grams.
        for half in chain.from_iterable(map(_halves, texts)):
            found += [numbers.setdefault(gram, len(numbers)) for gram in half]
            sizes.append(len(half))
        # Sorted: sets have no order, and sums of floats depend on it.
        kept = sorted(numbers)
        grams = np.array([numbers[gram] for gram in kept], np.int64)
        counted = np.array(found[: sum(sizes[: 2 * weighed])], np.int64)
        seen = np.bincount(counted, minlength=len(kept))[grams].astype(np.float32)
        features = cls(
            ids={gram: index for index, gram in enumerate(kept)},
            weight=(np.log((1 + weighed) / (1 + seen)) + 1).astype(np.float32),
            is_sound=np.array([gram >= _FIRST_SOUND for gram in kept], np.bool_),
            unknown=float(np.log1p(weighed) + 1),
        )
        return features, features._known(np.argsort(grams)[found], np.array(sizes, np.int64))

    def _known(self, columns: NDArray[np.int64], sizes: NDArray[np.int64]) -> Any:
        """Return the rows of halves all of whose n-grams are known."""
        order = np.lexsort((columns, np.repeat(np.arange(len(sizes)), sizes)))
        return self._matrix(columns[order].astype(np.int32), sizes, np.zeros_like(sizes))

    def rows(self, texts: Sequence[str]) -> Any:
        """Return the texts as a CSR matrix, shape (texts, features), float32.

        The written half of a row has length 1, the sounding half the root of its share;
        n-grams that the list does not know take their part, so that a strange text stays far
        from everything.
        """
        columns: list[int] = []
        known: list[int] = []
        strange: list[int] = []
        find = self.ids.get
        for half in chain.from_iterable(map(_halves, texts)):
            found = sorted([index for index in map(find, half) if index is not None])
            columns += found
            known.append(len(found))
            strange.append(len(half) - len(found))
        return self._matrix(
            np.array(columns, np.int32), np.array(known, np.int64), np.array(strange, np.int64)
        )

    def _matrix(
        self, columns: NDArray[np.int32], known: NDArray[np.int64], strange: NDArray[np.int64]
    ) -> Any:
        """Weigh and scale the halves; two of them make a row."""
        half = np.repeat(np.arange(len(known)), known)
        data = self.weight[columns]
        data *= self.scale(half, data, len(known), strange)
        ends = np.concatenate(([0], np.cumsum(known)))[::2]
        return csr_matrix((data, columns, ends), (len(known) // 2, len(self.weight)))

    def scale(self, half: NDArray[np.int64], data: Floats, halves: int, strange: Any = 0) -> Floats:
        """Return for each value what brings its half of a row to the length of its share.

        Halves are numbered 2 x row for writing and 2 x row + 1 for sound; `strange` is the
        number of unknown n-grams in each.
        """
        square = np.bincount(half, data * data, halves) + strange * self.unknown**2
        share = np.where(np.arange(halves) % 2, _SOUND_SHARE, 1.0)
        scale = np.sqrt(share / np.maximum(square, 1e-9)).astype(np.float32)
        return np.asarray(scale[half])
