"""Pages: templates filled in the reader's language and time zone, sent with a strict policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from app.api.tables import XLSX
from app.domain.dictionary import VOCABULARIES
from app.web.assets import address

_SOURCES: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
POLICY: Final = "; ".join(f"{kind} {source}" for kind, source in _SOURCES.items())
"""No script and no style within a page, and nothing from elsewhere."""
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
NAVIGATION: Final = (
    ("/screen", "一屏", "One screen"),
    ("/centre", "中心", "Centre"),
    ("/lists", "清单", "Lists"),
    ("/reports", "报表", "Reports"),
)
"""The pages that lead to all others: address and name."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WORDS: Final = {one.sort: one.words for one in VOCABULARIES}


@dataclass(frozen=True)
class Reader:
    """How somebody reads: their language, the city's time zone, and when that is."""

    is_chinese: bool
    zone: str
    now: datetime
    path: str = ""
    query: str = ""

    @property
    def lang(self) -> str:
        """Return the language as HTML names it."""
        return "zh-CN" if self.is_chinese else "en"

    @property
    def here(self) -> str:
        """Return where they are, as a part of another address: to come back to."""
        return quote(f"{self.path}?{self.query}" if self.query else self.path, safe="/")

    def say(self, zh: str, en: str) -> str:
        """Return what is said, in their language."""
        return zh if self.is_chinese else en

    def pick(self, both: str) -> str:
        """Return their half of what is written in `Chinese / English`."""
        zh, slash, en = both.partition(" / ")
        return en if slash and not self.is_chinese else zh

    def word(self, code: StrEnum) -> str:
        """Return what a code of the dictionary is called."""
        return self.say(*_WORDS[type(code)][code])

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def offset(self) -> str:
        """Return the city's offset from UTC, for times that a page takes in."""
        return self.local(self.now).isoformat()[-6:]

    def local(self, moment: datetime) -> datetime:
        """Return a moment as the city's clocks show it."""
        return moment.astimezone(self._zone)

    def moment(self, moment: datetime | None) -> Markup:
        """Write a moment as briefly as today allows; whole where the mouse rests."""
        if moment is None:
            return Markup("")
        local, today = self.local(moment), self.local(self.now)
        if local.date() == today.date():
            brief = f"{local:%H:%M}"
        elif local.year == today.year:
            brief = f"{local:%m-%d %H:%M}"
        else:
            brief = f"{local:%Y-%m-%d %H:%M}"
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            moment.isoformat(), f"{local:%Y-%m-%d %H:%M:%S}", brief
        )

    def left(self, due: datetime | None) -> str:
        """Say how long there is until a moment, or how long ago it was."""
        if due is None:
            return ""
        seconds = (due - self.now).total_seconds()
        span = self.span(timedelta(seconds=abs(seconds)))
        if seconds >= 0:
            return self.say(f"剩 {span}", f"{span} left")
        return self.say(f"已过 {span}", f"{span} ago")

    def span(self, length: timedelta | float) -> str:
        """Write a length of time by its one or two largest parts."""
        seconds = length.total_seconds() if isinstance(length, timedelta) else length
        whole = round(seconds)
        if whole < _MINUTE:
            return self.say(f"{whole} 秒", f"{whole} s")
        if whole < _HOUR:
            return self.say(f"{whole // _MINUTE} 分钟", f"{whole // _MINUTE} min")
        if whole < _DAY:
            hours, minutes = divmod(whole // _MINUTE, 60)
            rest = self.say(f" {minutes} 分", f" {minutes} min") if minutes else ""
            return self.say(f"{hours} 小时", f"{hours} h") + rest
        days, hours = divmod(whole // _HOUR, 24)
        rest = self.say(f" {hours} 小时", f" {hours} h") if hours else ""
        return self.say(f"{days} 天", f"{days} d") + rest


def _reader(context: Context) -> Reader:
    found: Reader = context["reader"]
    return found


@pass_context
def _pick(context: Context, both: str) -> str:
    return _reader(context).pick(both)


@pass_context
def _word(context: Context, code: StrEnum) -> str:
    return _reader(context).word(code)


@pass_context
def _moment(context: Context, moment: datetime | None) -> Markup:
    return _reader(context).moment(moment)


@pass_context
def _left(context: Context, due: datetime | None) -> str:
    return _reader(context).left(due)


@pass_context
def _span(context: Context, length: timedelta | float) -> str:
    return _reader(context).span(length)


def _grouped(number: float) -> str:
    return f"{number:,}"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    made.globals |= {"asset": address, "NAVIGATION": NAVIGATION}
    made.filters |= {
        "pick": _pick,
        "word": _word,
        "moment": _moment,
        "left": _left,
        "span": _span,
        "grouped": _grouped,
    }
    return made


_TEMPLATES: Final = _environment()


def filled(template: str, reader: Reader, **values: Any) -> str:
    """Return a template filled for a reader."""
    return _TEMPLATES.get_template(template).render(reader=reader, say=reader.say, **values)


def workbook(content: bytes, name: str) -> Response:
    """Answer with a workbook to be kept."""
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(content, headers=headers, media_type=XLSX)


def shown(
    template: str,
    reader: Reader,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """Answer with a page."""
    content = filled(template, reader, **values)
    return HTMLResponse(content, status, {**HEADERS, **(headers or {})})
