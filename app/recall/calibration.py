"""From scores to probabilities: how often a lead like this one was right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.recall.features import Features, Floats
from app.recall.prototypes import Ints, Prototypes, Scores, Texts

Numbers = NDArray[np.float64]

_FOLDS: Final = 5
_PORTION: Final = 256
_TURNS: Final = 100
_STIFFNESS: Final = 3.0
# For lists that bring no examples. Measured on the shipped list stripped to titles and
# conditions: 93 % of its examples scored 0.8 and more are right (4 % are), all of 195 plain
# reports (19 %). Stripped to the bare names of codes: 67 % (2 %) and 94 % (9 %).
_PRIOR: Final = np.array([0.0, 0.3, -0.6, 1.2, 0.3])
# Reports are harder than examples, which were written with the keywords in mind. With this, 95 %
# of the shipped list's held-out examples scored 0.8 and more are right.
_CAUTION: Final = 0.6
# Two codes that fit equally well have even chances at most, however well they fit.
_EVEN: Final = 3.0
_LEAD: Final = 1


def signs(scores: Scores) -> Numbers:
    """Return what tells a safe lead from a narrow one; shape (texts, 5).

    Constant, lead over the runner-up, runner-up relative to the best, the best, and the lead
    of the best code's best condition over the conditions of all other codes.
    """
    best, second, top = _lead(scores.codes)
    each = np.arange(len(top))
    condition = scores.conditions[each, top].astype(np.float64)
    others = scores.conditions.copy()
    others[each, top] = 0.0
    lead = condition - others.max(axis=1)
    ratio = second / np.maximum(best, 1e-6)
    # Scaled so that each runs over a few units.
    columns = [np.ones(len(top)), (best - second) * 4, ratio * 5 - 3, best * 2 - 2, lead * 10]
    return np.stack(columns, axis=1)


def _lead(codes: Floats) -> tuple[Numbers, Numbers, Ints]:
    """Return the best score, the runner-up's (0 if there is none) and the best column."""
    each = np.arange(len(codes))
    top = codes.argmax(axis=1)
    others = codes.copy()
    others[each, top] = 0.0
    return codes[each, top].astype(np.float64), others.max(axis=1).astype(np.float64), top


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model of being right; coefficients (5,)."""

    coefficients: Numbers

    @classmethod
    def fit(cls, signs: Numbers, right: NDArray[np.bool_]) -> "Calibration":
        """Fit to held-out examples, from the prior: few examples move it little."""
        # A quarter bounds the curvature of the logistic: every step rises, none overshoots.
        bound = signs.T @ signs / 4 + _STIFFNESS * np.eye(len(_PRIOR))
        current = _PRIOR.copy()
        for _ in range(_TURNS):
            wrong_by = right - _logistic(signs @ current)
            rise = signs.T @ wrong_by - _STIFFNESS * (current - _PRIOR)
            current = current + np.linalg.solve(bound, rise)
        return cls(current)

    @classmethod
    def by_leaving_out(cls, texts: Texts, features: Features) -> "Calibration":
        """Fit to the list's own examples, a fifth of each entry's held out at a time."""
        seen, right = [np.zeros((0, len(_PRIOR)))], [np.zeros(0, np.bool_)]
        for fold in range(_FOLDS):
            held = (texts.turn >= 0) & (texts.turn % _FOLDS == fold)
            if held.any():
                rest = Prototypes.build(texts.where(~held), features)
                for some in _portions(np.flatnonzero(held)):
                    scores = rest.score(texts.rows[some])
                    seen.append(signs(scores))
                    right.append(scores.codes.argmax(axis=1) == texts.code[some])
        return cls.fit(np.concatenate(seen), np.concatenate(right))

    def chance(self, signs: Numbers) -> Numbers:
        """Return the probability, 0 to 1, that the best code is right; shape (texts,)."""
        even = _logistic(_EVEN * signs[:, _LEAD])
        # Not a matrix product: BLAS rounds a row differently in batches of different sizes.
        likely = (signs * self.coefficients).sum(axis=1)
        return np.minimum(_logistic(likely - _CAUTION), even)


def _portions(places: Ints) -> Iterator[Ints]:
    """Yield the places a few at a time: scores are dense, and a long list has many."""
    for start in range(0, len(places), _PORTION):
        yield places[start : start + _PORTION]


def _logistic(value: Numbers) -> Numbers:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -30.0, 30.0))))
