"""Reading what somebody else's server answers: little of it, and nothing is believed."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp

from app.domain.answer import EXCERPT, Control
from app.wire.door import MOST_READ

_CHINESE: Final = frozenset({"gb2312", "gbk", "x-gbk", "gb18030"})
_CONTROLS: Final = {control.value: control for control in Control}
_DIGITS: Final = 9


async def body(response: aiohttp.ClientResponse) -> bytes:
    """Read at most MOST_READ bytes; a connection with more to come is dropped."""
    read = bytearray()
    while len(read) < MOST_READ:
        chunk = await response.content.read(MOST_READ - len(read))
        if not chunk:
            return bytes(read)
        read += chunk
    response.close()
    return bytes(read)


def excerpt(content: bytes, charset: str | None) -> str:
    """Return the beginning of a body as text the database can store."""
    # Of the encodings a server may name, those that Chinese systems use.
    coding = "gb18030" if (charset or "").lower() in _CHINESE else "utf-8"
    return content.decode(coding, "replace").replace("\0", "")[:EXCERPT]


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds a server wants to be left alone: it says a number or a date."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:_DIGITS])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    # RFC 9110 dates are all of Greenwich; one that does not say so is taken for one.
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())


def control(header: str | None) -> Control | None:
    """Return what the receiver wants of the sender, if it says so."""
    return _CONTROLS.get((header or "").strip().lower())
