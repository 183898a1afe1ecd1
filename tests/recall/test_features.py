"""Texts as rows: folding, sounds, and lengths."""

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from app.recall.features import Features, folded, grams
from app.recall.phrases import Phrases


@pytest.fixture(scope="module")
def features() -> Features:
    return Features.build(["路灯不亮", "井盖丢失", "垃圾桶满了"], 3)[0]


@pytest.mark.parametrize(
    ("text", "plain"),
    [("ＡＢ１２", "ab00"), ("路灯，不亮！", "路灯 不亮"), ("3网格", "0网格"), ("👍", "")],
)
def test_texts_are_folded(text: str, plain: str) -> None:
    assert folded(text) == plain


def test_grams_do_not_cross_punctuation() -> None:
    assert grams("路灯亮") == ["路", "灯", "亮", "路灯", "灯亮"]


def similarity(features: Features, one: str, other: str) -> float:
    rows = features.rows([one, other])
    return float((rows[0] @ rows[1].T).toarray()[0, 0])


def test_a_homophone_is_nearer_than_another_word(features: Features) -> None:
    meant = "路灯不亮"
    assert similarity(features, "录登不亮", meant) > similarity(features, "楼道不亮", meant)


@pytest.mark.parametrize(("said", "meant"), [("洛灯", "若灯"), ("村", "冲")])
def test_unlike_sounds_stay_apart(said: str, meant: str) -> None:
    features, _ = Features.build([meant], 1)
    assert similarity(features, said, meant) < similarity(features, meant, meant)


def test_dialect_sounds_are_one() -> None:
    """Liù and niú, shí and sí: what a south-western speaker's phone writes for the other."""
    features, _ = Features.build(["牛", "四", "饭"], 3)
    for said, meant in (("六", "牛"), ("十", "四"), ("换", "饭")):
        assert similarity(features, said, meant) > 0


@forall(texts=st.lists(st.text(max_size=60), max_size=8))
def test_rows_are_never_longer_than_their_share(texts: list[str]) -> None:
    features, _ = Features.build(["路灯不亮", "井盖丢失"], 2)
    rows = features.rows(texts)
    assert rows.shape == (len(texts), len(features.weight))
    assert np.all(np.isfinite(rows.data))
    assert np.all(np.asarray(rows.multiply(rows).sum(axis=1)) <= 1.7 + 1e-4)


def test_unknown_words_take_a_row_away_from_the_list(features: Features) -> None:
    assert similarity(features, "路灯不亮", "路灯不亮") > similarity(
        features, "路灯不亮", "路灯不亮还有别的事情"
    )


def test_phrases_find_every_one_that_stands_in_a_text() -> None:
    phrases = Phrases.build([("垃圾", 1), ("垃圾桶", 2), ("路灯", 3), ("桶", 4)])
    assert sorted(phrases.numbers("那个垃圾桶")) == [1, 2]
    assert list(phrases.numbers("")) == []
