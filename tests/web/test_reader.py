"""How pages write times, lengths and words for who reads them."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.unit import State
from app.web.pages import Reader

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
CHINESE = Reader(is_chinese=True, zone="Asia/Shanghai", now=NOW)
ENGLISH = Reader(is_chinese=False, zone="Asia/Shanghai", now=NOW)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (59.4, "59 秒", "59 s"),
        (60, "1 分钟", "1 min"),
        (3599, "59 分钟", "59 min"),
        (3600, "1 小时", "1 h"),
        (3660, "1 小时 1 分", "1 h 1 min"),
        (86399, "23 小时 59 分", "23 h 59 min"),
        (86400, "1 天", "1 d"),
        (90000, "1 天 1 小时", "1 d 1 h"),
    ],
)
def test_a_length_of_time_is_said_by_its_largest_parts(seconds: float, zh: str, en: str):
    assert (CHINESE.span(seconds), ENGLISH.span(seconds)) == (zh, en)
    assert CHINESE.span(timedelta(seconds=seconds)) == zh


def test_what_is_left_and_what_is_past():
    assert CHINESE.left(NOW + timedelta(hours=2)) == "剩 2 小时"
    assert ENGLISH.left(NOW - timedelta(minutes=5)) == "5 min ago"
    assert CHINESE.left(None) == ""


@pytest.mark.parametrize(
    ("moment", "brief"),
    [
        (datetime(2026, 11, 19, 16, 0, tzinfo=UTC), ">00:00<"),
        (datetime(2026, 11, 19, 15, 59, tzinfo=UTC), ">11-19 23:59<"),
        (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), ">2025-12-31 23:59<"),
    ],
)
def test_a_moment_is_as_brief_as_the_citys_today_allows(moment: datetime, brief: str):
    written = CHINESE.moment(moment)
    assert brief in written
    assert f'datetime="{moment.isoformat()}"' in written


def test_words_come_in_the_readers_language():
    assert (CHINESE.word(State.TRIAGE), ENGLISH.word(State.TRIAGE)) == ("待研判", "in triage")
    assert (CHINESE.pick("甲 / A"), ENGLISH.pick("甲 / A")) == ("甲", "A")
    # What is written in one language only is left as it is.
    assert ENGLISH.pick("人民路12号") == "人民路12号"
    assert CHINESE.offset == "+08:00"
