"""Spans of reports: each day lies in one of each length, and they follow one another."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.period import Period
from app.web.report_span import Span, Stretch

DAYS = st.dates(date(2003, 1, 1), date(2100, 12, 31))
SPANS = st.sampled_from(Span)


@pytest.mark.parametrize(
    ("span", "since", "last"),
    [
        (Span.DAY, "2026-11-20", "2026-11-20"),
        (Span.WEEK, "2026-11-16", "2026-11-22"),
        (Span.MONTH, "2026-11-01", "2026-11-30"),
        (Span.QUARTER, "2026-10-01", "2026-12-31"),
        (Span.YEAR, "2026-01-01", "2026-12-31"),
    ],
)
def test_a_day_lies_in_one_span_of_each_length(span: Span, since: str, last: str):
    found = Stretch.around(date(2026, 11, 20), span)
    assert (found.period.since.isoformat(), found.last.isoformat()) == (since, last)


@given(day=DAYS, span=SPANS)
def test_spans_follow_one_another_without_gap_or_overlap(day: date, span: Span):
    found = Stretch.around(day, span)
    assert found.period.since <= day <= found.last
    before = found.earlier()
    assert before is not None
    assert Stretch.around(before, span).period.until == found.period.since
    after = found.later(date(2200, 1, 1))
    assert after is not None
    assert Stretch.around(after, span).period.since == found.period.until


@given(day=DAYS, span=SPANS)
def test_nothing_leads_into_what_has_not_begun(day: date, span: Span):
    assert Stretch.around(day, span).later(day) is None


@given(day=DAYS, span=SPANS)
def test_a_trend_shows_enough_and_never_the_future(day: date, span: Span):
    found = Stretch.around(day, span)
    trend = found.trend(day)
    assert trend.since <= day < trend.until
    assert trend.until <= max(found.period.until, day + timedelta(days=1))
    if found.is_by_month:
        assert trend.months in {13, 14}
    else:
        assert 30 <= trend.days <= 31


def test_a_trend_of_the_past_ends_with_it():
    found = Stretch.around(date(2025, 2, 14), Span.MONTH).trend(date(2026, 11, 20))
    assert found == Period(date(2025, 1, 30), date(2025, 3, 1))
