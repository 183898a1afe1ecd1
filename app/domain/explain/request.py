"""What a request asks, in a sentence that stands alone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.explain.passage import Said
from app.domain.explain.words import limit_said
from app.domain.organisation import OrganisationCode
from app.domain.request import Request, RequestKind
from app.domain.rulebook import Rulebook
from app.domain.words import CLOCK

_DAY = timedelta(days=1)


def asked(request: Request, rulebook: Rulebook) -> Said:
    """Tell who asks for what, and for how much of it."""
    who = _name(request.organisation, rulebook)
    what = _what(request, rulebook)
    return Said(f"“{who}”{what.zh}", f"{who} {what.en}")


def _what(request: Request, rulebook: Rulebook) -> Said:
    wish = request.wish
    limit = limit_said(wish.limit) if wish.limit else None
    match wish.kind:
        case RequestKind.EXTENSION:
            more = limit or Said("一个完整时限", "one more full limit")
            return Said(f"申请延期, 处置时限增加{more.zh}", f"asks for {more.en} more")
        case RequestKind.SUSPENSION:
            return _suspended(request, wish.until or request.at, rulebook)
        case RequestKind.RETURN:
            return Said("申请退回, 不再承办", "asks to return it")
        case RequestKind.CANCEL:
            return Said("申请作废该单元", "asks to cancel it")
        case RequestKind.APPEAL:
            zh, en = CLOCK[wish.clock]
            return Said(f"就“{zh}”超期申诉, 申请免予统计", f"asks to exempt the lateness of {en}")
        case RequestKind.SUPPORT:
            whom = _name(wish.helper, rulebook)
            within = Said(f", 时限{limit.zh}", f" within {limit.en}") if limit else Said("", "")
            return Said(
                f"申请由“{whom}”协办{within.zh}", f"asks for the support of {whom}{within.en}"
            )


def _suspended(request: Request, until: datetime, rulebook: Rulebook) -> Said:
    local = until.astimezone(ZoneInfo(rulebook.calendar.zone)).strftime("%Y-%m-%d %H:%M")
    days = -(-(until - request.at) // _DAY)
    return Said(
        f"申请挂账至 {local}(共 {days} 天)", f"asks to suspend it until {local} ({days} days)"
    )


def _name(code: OrganisationCode | None, rulebook: Rulebook) -> str:
    known = rulebook.organisations.get(code) if code else None
    return known.name if known else str(code)
