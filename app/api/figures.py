"""Figures as they go over the wire: beside what they were, and with the list of their units."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from app.domain.measure import (
    FIGURES,
    RATES,
    STOCK_AFTER,
    STOCK_BEFORE,
    STOCKS,
    Counts,
    figures,
    flow,
    rates,
)
from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind
from app.domain.period import Period, Span, after
from app.domain.rulebook import Rulebook
from app.domain.words import CHANNEL, KIND, TIER
from app.flows.statistics import NO_ENTRY, Monthly, Question, Row, Table, category_key
from app.store.tallies import By


def table(found: Table, rulebook: Rulebook) -> dict[str, Any]:
    """Return a table as JSON."""
    question = found.question
    names = _names(found, rulebook)
    return {
        "organisation": _organisation(question.body.code, rulebook),
        "period": days(question.period),
        "before": days(question.period.before()),
        "last_year": days(question.period.last_year()),
        "by": question.by,
        "as_of": _moment(found.as_of),
        "rows": [
            {
                "key": names[str(row.told)],
                "tier": _tier(row, question, rulebook),
                "rank": _rank(row),
                **_row(row, _links(row, question, rulebook)),
            }
            for row in found.rows
        ],
        "total": {
            "key": None,
            "tier": None,
            "rank": _rank(found.total),
            **_row(found.total, _links(None, question, rulebook)),
        },
    }


def monthly(found: Monthly, body: Organisation, month: Period) -> dict[str, Any]:
    """Return the officials' table as JSON."""
    return {
        "as_of": _moment(found.as_of),
        "rows": [
            {
                "channel": _word(CHANNEL, cell.channel),
                "level": _word(TIER, cell.level),
                **_row(
                    Row(None, cell.counts, cell.stock, cell.before),
                    _lists(
                        month,
                        body.code,
                        channel=cell.channel or None,
                        level=cell.level or None,
                    ),
                ),
            }
            for cell in found.rows
        ],
    }


def _rank(row: Row) -> dict[str, int | None] | None:
    return {"place": row.place, "of": row.peers} if row.place else None


def days(period: Period) -> dict[str, str]:
    """Return a period with its last day."""
    last = period.until - timedelta(days=1)
    return {"from": period.since.isoformat(), "to": last.isoformat()}


def _moment(at: Any) -> str | None:
    return at.isoformat() if at else None


def _row(row: Row, links: Mapping[str, str]) -> dict[str, Any]:
    now, before, last = (
        told(counts, stock)
        for counts, stock in (
            (row.counts, row.stock),
            (row.before, row.stock_before),
            (row.last_year, row.stock_last_year),
        )
    )
    now_rates, before_rates, last_rates = (
        rates(counts) if counts is not None else {}
        for counts in (row.counts, row.before, row.last_year)
    )
    return {
        "figures": {
            key: {
                "value": value,
                "before": before.get(key),
                "last_year": last.get(key),
                "list": links.get(key),
            }
            for key, value in now.items()
        },
        "rates": {
            key: {
                "value": now_rates[key],
                "before": before_rates.get(key),
                "last_year": last_rates.get(key),
            }
            for key in RATES
        },
    }


def told(counts: Counts | None, stock: int | None) -> dict[str, int]:
    """Return every figure, of stocks as well if one is given."""
    if counts is None:
        return {}
    found = figures(counts)
    if stock is not None:
        found |= {STOCK_BEFORE: stock, STOCK_AFTER: stock + flow(counts)}
    return found


def _organisation(code: str, rulebook: Rulebook) -> dict[str, str]:
    body = rulebook.organisations.get(OrganisationCode(code))
    return {"code": code, "name": body.name if body else code}


def _word(words: Mapping[Any, tuple[str, str]], code: str) -> dict[str, str] | None:
    return {"code": code, "name": words[code][0] if code in words else code} if code else None


def _names(found: Table, rulebook: Rulebook) -> dict[str, dict[str, str]]:
    """Return what each row is called, by what it is told by."""
    by, keys = found.question.by, [str(row.told) for row in found.rows]
    if by is By.ORGANISATION:
        return {key: _organisation(key, rulebook) for key in keys}
    if by is By.CATEGORY:
        known = {
            category_key(code, rulebook): entry.category_name
            for code, entry in rulebook.list.items()
        }
        known[NO_ENTRY] = "未立案"
        return {key: {"code": key, "name": known.get(key, key)} for key in keys}
    words = CHANNEL if by is By.CHANNEL else KIND if by is By.KIND else {}
    return {key: {"code": key, "name": words.get(key, (key,))[0]} for key in keys}


def _tier(row: Row, question: Question, rulebook: Rulebook) -> str | None:
    if question.by is not By.ORGANISATION:
        return None
    body = rulebook.organisations.get(OrganisationCode(str(row.told)))
    return body.tier if body else None


def _links(row: Row | None, question: Question, rulebook: Rulebook) -> dict[str, str]:
    """Return where the units behind each figure of a row are listed; None: of all together."""
    by = question.by if row else None
    told = row.told if row else None
    period, whose, subtree = question.period, question.body.code, question.subtree
    if isinstance(told, date):
        span = Span.DAY if by is By.DAY else Span.MONTH
        period = Period(max(told, period.since), min(after(told, span), period.until))
    if by is By.ORGANISATION:
        whose = OrganisationCode(str(told))
        if whose not in rulebook.organisations:
            return {}
        subtree = subtree and _stands_for_others(whose, question, rulebook)
    of = {
        "channel": str(told) if by is By.CHANNEL else question.channel,
        "kind": str(told) if by is By.KIND else question.kind,
        "category": str(told) if by is By.CATEGORY else question.category,
    }
    return _lists(period, whose, subtree=subtree, **of)


def _lists(period: Period, whose: str, *, subtree: bool = True, **of: str | None) -> dict[str, str]:
    """Return where the units behind each figure are listed."""
    asked = {"organisation": whose, **days(period), "subtree": str(subtree).lower()}
    asked |= {name: value for name, value in of.items() if value is not None}
    tail = urlencode(asked)
    return {key: f"/v1/statistics/units?figure={key}&{tail}" for key in (*FIGURES, *STOCKS)}


def _stands_for_others(code: OrganisationCode, question: Question, rulebook: Rulebook) -> bool:
    """Tell whether a row is of a whole area below the body that is asked about."""
    body = rulebook.organisations.get(code)
    is_below = body is not None and body.area != question.body.area
    return is_below and body is not None and body.kind is not OrganisationKind.DEPARTMENT
