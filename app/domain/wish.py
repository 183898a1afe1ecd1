"""What an endpoint may be set to, and what not."""

import re
from collections.abc import Collection, Mapping
from typing import Final

from app.domain import topic
from app.domain.errors import Invalid
from app.domain.webhook import Wish

MOST_HEADERS: Final = 20
LONGEST_VALUE: Final = 1000
RESERVED: Final = frozenset(
    {
        *("host", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"),
        *("expect", "accept", "accept-encoding", "user-agent"),
    }
)
"""Headers that belong to the request itself."""
RESERVED_FAMILIES: Final = ("content-", "webhook-", "proxy-", "sec-")
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(rf"[\x21-\x7e](?:[\x20-\x7e]{{0,{LONGEST_VALUE - 2}}}[\x21-\x7e])?")

MOST_RETRIES: Final = 20
LONGEST_SCHEDULE: Final = 7 * 86400
"""Seconds all delays may have together."""


def check(wish: Wish, *, headers: Mapping[str, str] | None = None) -> None:
    """Raise Invalid, naming the field, for a wish that cannot be met; `headers` are the new ones.

    Its URL and its scope are others' to judge.
    """
    topic.checked(wish.types)
    _check_schedule(wish.schedule)
    if headers is not None:
        _check_headers(headers)


def _check_schedule(schedule: Collection[int]) -> None:
    if sum(schedule) > LONGEST_SCHEDULE:
        raise Invalid(
            zh=f"重试间隔合计 {sum(schedule)} 秒, 不能超过 7 天({LONGEST_SCHEDULE} 秒)",
            en=f"the delays add up to {sum(schedule)} s, and may to 7 days: {LONGEST_SCHEDULE} s",
            field="schedule",
        )


def _check_headers(headers: Mapping[str, str]) -> None:
    if len(headers) > MOST_HEADERS:
        raise _bad_header(
            "headers", f"最多 {MOST_HEADERS} 个自定义请求头", f"at most {MOST_HEADERS} headers"
        )
    known: set[str] = set()
    for name, value in headers.items():
        field = f"headers.{name[:100]}"
        low = name.lower()
        if not _NAME.fullmatch(name):
            raise _bad_header(field, "请求头名称不合规", "no name of a header")
        if low in RESERVED or low.startswith(RESERVED_FAMILIES):
            raise Invalid(
                zh=f"请求头“{name}”由服务自己设置",
                en=f"the header {name} is set by the service itself",
                field=field,
            )
        if low in known:
            raise _bad_header(field, "同一请求头给了两次", "given twice")
        known.add(low)
        if not _VALUE.fullmatch(value):
            raise _bad_header(
                field,
                f"值应为 1 至 {LONGEST_VALUE} 个可见 ASCII 字符, 中间可有空格",
                f"a value is of 1 to {LONGEST_VALUE} visible ASCII characters, blanks within",
            )


def _bad_header(field: str, zh: str, en: str) -> Invalid:
    return Invalid(zh=zh, en=en, field=field)
