"""What tells the conditions of one code apart: weights learned from their own texts."""

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix, vstack

from app.recall.features import Features
from app.recall.prototypes import Ints, Texts, summed

_RIDGE: Final = 1.0
# One equation a text: past this they are not solved in a moment, and the sums must do.
_MOST_TEXTS: Final = 2000


def told_apart(texts: Texts, features: Features) -> Any:
    """Return one row per entry that tells it from the others of its code, (entries, features).

    A text's product with it is as near to 1 for the entry's own texts, and to 0 for those of its
    neighbours, as ridge regression gets; how often an entry is meant thus counts as well as what
    is said. Entries without company keep the sum of their texts.
    """
    own = summed(texts, features)
    starts = [*np.flatnonzero(np.diff(texts.code_of, prepend=-1)), len(texts.code_of)]
    order = np.argsort(texts.entry, kind="stable")
    first = np.searchsorted(texts.entry[order], starts)
    blocks = [
        _of_code(texts, own, range(*entries), order[slice(*of_code)])
        for entries, of_code in zip(pairwise(starts), pairwise(first), strict=True)
    ]
    return vstack(blocks).tocsr() if blocks else own


def _of_code(texts: Texts, own: Any, entries: range, of_code: Ints) -> Any:
    if len(entries) == 1 or len(of_code) > _MOST_TEXTS:
        return own[entries.start : entries.stop]
    truth = texts.entry[of_code][:, None] == np.array(entries)
    return _regressed(texts.rows[of_code], truth.astype(np.float64))


def _regressed(rows: Any, truth: NDArray[np.float64]) -> Any:
    """Return the weights, (columns of truth, features), as sums of the rows."""
    products = (rows @ rows.T).toarray().astype(np.float64)
    products[np.diag_indices_from(products)] += _RIDGE
    weights = cho_solve(cho_factor(products), truth)
    return csr_matrix(weights.T.astype(np.float32)) @ rows
