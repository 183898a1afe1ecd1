"""Server-sent events: a line of the feed as a frame, written once for all who get the same."""

from typing import Final

import orjson

from app.api import cursors
from app.api.messages import message, outlook
from app.domain.authority import Scope
from app.domain.feed import Cursor, Known, Line
from app.domain.rulebook import Rulebook

RETRY: Final = b"retry: 2000\n\n"
"""How soon to come back after the connection was lost, in milliseconds."""


class Told:
    """A line on its way to its readers, with what has been written of it."""

    __slots__ = ("_cursor", "_written", "line")

    def __init__(self, line: Line) -> None:
        self.line = line
        self._cursor = ""
        self._written: dict[tuple[object, ...], bytes] = {}

    def frame(
        self, rulebook: Rulebook, scope: Scope, *, full: bool, besides: Known | None = None
    ) -> bytes:
        """Return the line as an event whose id is the cursor behind it."""
        key = (rulebook.version, full, *outlook(self.line, scope))
        event = self._written.get(key)
        if event is None:
            told = orjson.dumps(message(self.line, rulebook, scope, full=full))
            event = b"event: %b\ndata: %b\n\n" % (self.line.topic.encode(), told)
            self._written[key] = event
        return b"id: %b\n%b" % (self._id(besides).encode(), event)

    def _id(self, besides: Known | None) -> str:
        if besides is not None:
            return cursors.written(Cursor(self.line.position, self.line.at, besides))
        if not self._cursor:
            self._cursor = cursors.written(Cursor(self.line.position, self.line.at))
        return self._cursor


def beat(cursor: Cursor) -> bytes:
    """Return a sign of life, by which a reader's Last-Event-ID moves on without an event."""
    return b": \nid: %b\n\n" % cursors.written(cursor).encode()


def notice(name: str, zh: str, en: str) -> bytes:
    """Return an event that is about the stream itself."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps({"zh": zh, "en": en}))
