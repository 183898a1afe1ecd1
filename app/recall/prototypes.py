"""A list's texts as one linear matcher: what each code, and each of its conditions, sounds like."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix, vstack

from app.recall.features import Features, Floats

Ints = NDArray[np.int64]

# Below 1, so that a word said in every example of a code counts, but not as often as it is said.
_POWER: Final = 0.7
# How far the best single condition of a code speaks for the code beside all of them together.
_CONDITION: Final = 0.2
# The share of naive Bayes in a code's score, and the count it gives to what a code never says.
_BAYES: Final = 0.2
_UNSEEN: Final = 0.01
# With this many examples a code, telling neighbours apart is learned rather than assumed …
_MANY_EXAMPLES: Final = 10
# … as long as the equations, one per text, are solved in a moment.
_MOST_TEXTS: Final = 2000
_RIDGE: Final = 0.5
# What an exclusion found in the text takes from its entry, and from a code when every entry of
# the code is excluded: enough to turn a close call, not to overrule the rest of the text.
_EXCLUDED: Final = np.float32(0.1)
_EXCLUDED_CODE: Final = np.float32(0.04)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a list's entries as rows, with what each belongs to.

    Shapes: rows (texts, features); entry, code, weight, turn (texts,). Entries are numbered so
    that those of one code stand together; code_of (entries,) is not decreasing. `turn` numbers
    an entry's examples from 0; other texts have -1.
    """

    rows: Any
    entry: Ints
    code_of: Ints
    weight: Floats
    turn: Ints

    @property
    def code(self) -> Ints:
        """The code of each text."""
        return self.code_of[self.entry]

    def where(self, kept: NDArray[np.bool_]) -> "Texts":
        """Return some of the texts, of the same entries."""
        return Texts(
            self.rows[kept], self.entry[kept], self.code_of, self.weight[kept], self.turn[kept]
        )

    def of_first(self, entries: int) -> "Texts":
        """Return the first entries with their texts."""
        return replace(self.where(self.entry < entries), code_of=self.code_of[:entries])


@dataclass(frozen=True, slots=True)
class Scores:
    """How well texts fit, 0 to about 2.

    Shapes: entries (texts, entries); conditions, the best entry of each code, and codes, what
    they are ranked by, (texts, codes).
    """

    entries: Floats
    conditions: Floats
    codes: Floats


@dataclass(frozen=True, slots=True)
class Prototypes:
    """One column per code and then one per entry: a text's score is its row times a column.

    Shapes: columns (features, codes + entries); halves (features, 2), which count a text's
    n-grams; wordiness (2, codes), what each of them costs; starts (codes,), each code's first
    entry.
    """

    columns: Any
    halves: Any
    wordiness: Floats
    starts: Ints

    @classmethod
    def build(cls, texts: Texts, features: Features) -> "Prototypes":
        """Add up the texts of each code and entry."""
        starts = np.flatnonzero(np.diff(texts.code_of, prepend=-1))
        codes = len(starts)
        by_code = _summed(texts, texts.code, codes, features)
        if _is_rich(texts, codes):
            votes, wordiness = _told_apart(texts, codes), np.zeros((2, codes), np.float32)
        else:
            votes, wordiness = _votes(texts, codes, features)
        columns = vstack([by_code + votes, summed(texts, features)]).T.tocsr()
        return cls(columns, _halves(features), wordiness, starts)

    def score(self, rows: Any, excluded: NDArray[np.bool_] | None = None) -> Scores:
        """Score rows against every code and entry; `excluded`, (texts, entries), costs."""
        scores = (rows @ self.columns).toarray()
        codes = len(self.starts)
        by_code, entries = scores[:, :codes], scores[:, codes:]
        for spoken, halves in enumerate((rows @ self.halves).toarray().T):
            by_code -= halves[:, None] * self.wordiness[spoken]
        if excluded is not None:
            entries -= _EXCLUDED * excluded
            by_code -= _EXCLUDED_CODE * np.logical_and.reduceat(excluded, self.starts, axis=1)
        conditions = np.maximum.reduceat(entries, self.starts, axis=1)
        return Scores(entries, conditions, by_code + _CONDITION * conditions)

    def entries_of(self, code: int) -> range:
        """Return the entries of a code."""
        last = code + 1 == len(self.starts)
        end = self.columns.shape[1] - len(self.starts) if last else int(self.starts[code + 1])
        return range(int(self.starts[code]), end)


def summed(texts: Texts, features: Features) -> Any:
    """Return one row per entry, shape (entries, features)."""
    return _summed(texts, texts.entry, len(texts.code_of), features)


def _summed(texts: Texts, owner: Ints, owners: int, features: Features) -> Any:
    """Return one row per owner, dampened, each half of it at its share of length."""
    count = len(owner)
    belongs = csr_matrix((texts.weight, (owner, np.arange(count))), (owners, count))
    total = (belongs @ texts.rows).tocsr()
    total.data **= _POWER
    half = np.repeat(np.arange(owners), np.diff(total.indptr)) * 2
    half += features.is_sound[total.indices]
    total.data *= features.scale(half, total.data, 2 * owners)
    return total


def _votes(texts: Texts, codes: int, features: Features) -> tuple[Any, Floats]:
    """Return what naive Bayes adds: a vote per n-gram and code, and the cost of wordy codes.

    Cosines alone let one rare word of a long report drown the rest; here every n-gram has about
    the same say. Shapes: (codes, features), (2, codes).
    """
    count = len(texts.entry)
    belongs = csr_matrix((texts.weight, (texts.code, np.arange(count))), (codes, count))
    said = texts.rows.copy()
    said.data[:] = 1.0
    votes = (belongs @ said).tocsr()
    halves = _halves(features)
    halves.data[:] = 1.0
    total = np.log((votes @ halves).toarray() + _UNSEEN * np.asarray(halves.sum(axis=0))).T
    votes.data = _BAYES * np.log1p(votes.data / _UNSEEN) / features.weight[votes.indices]
    wordiness = _BAYES * (total - total.sum(axis=1, keepdims=True) / max(codes, 1))
    return votes.astype(np.float32), wordiness.astype(np.float32)


def _halves(features: Features) -> Any:
    """Return what turns a row into its number of n-grams written and spoken, at its length."""
    sounds = features.is_sound.astype(np.int64)
    places = np.arange(len(sounds))
    return csr_matrix((1.0 / features.weight, (places, sounds)), (len(sounds), 2))


def _is_rich(texts: Texts, codes: int) -> bool:
    examples = int(np.count_nonzero(texts.turn >= 0))
    return examples >= _MANY_EXAMPLES * codes > 0 and len(texts.turn) <= _MOST_TEXTS


def _told_apart(texts: Texts, codes: int) -> Any:
    """Return what ridge regression of the codes on the texts adds; shape (codes, features)."""
    rows = texts.rows
    truth = np.eye(codes)[texts.code]
    products = (rows @ rows.T).toarray().astype(np.float64)
    products[np.diag_indices_from(products)] += _RIDGE
    weights = cho_solve(cho_factor(products), truth - truth.mean(axis=0))
    return csr_matrix(weights.T.astype(np.float32)) @ rows
