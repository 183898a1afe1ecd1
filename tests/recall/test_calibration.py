"""Calibration: what was right nine times in ten says 0.9, less caution."""

import numpy as np
import pytest

from app.recall.calibration import Calibration


def test_a_wider_lead_is_surer() -> None:
    seen = np.array([[1.0, lead, -lead, 0.0, lead] for lead in np.linspace(0, 3, 200)])
    right = np.array([turn % 4 > 0 or lead > 1.5 for turn, lead in enumerate(seen[:, 1])])
    chances = Calibration.fit(seen, right).chance(seen)
    assert np.all(np.diff(chances) > 0)
    assert chances[0] < 0.75 < chances[-1]


def test_chances_stay_below_what_was_seen() -> None:
    """Caution: real reports are harder than the examples that calibrate."""
    seen = np.tile([1.0, 1.0, -1.0, 0.0, 1.0], (500, 1))
    right = np.arange(500) % 10 > 0
    assert 0.8 < Calibration.fit(seen, right).chance(seen)[0] < 0.9


def test_without_examples_a_narrow_lead_is_left_to_a_person() -> None:
    nothing = np.zeros((0, 5))
    prior = Calibration.fit(nothing, np.zeros(0, np.bool_))
    narrow = np.array([[1.0, 0.2, 1.5, 0.0, 0.1]])
    assert prior.chance(narrow)[0] < 0.3


@pytest.mark.parametrize("wild", [1e9, -1e9])
def test_wild_signs_give_a_probability(wild: float) -> None:
    prior = Calibration.fit(np.zeros((0, 5)), np.zeros(0, np.bool_))
    chance = prior.chance(np.full((1, 5), wild))[0]
    assert 0.0 <= chance <= 1.0
