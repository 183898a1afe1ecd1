"""Drafts: sheets come in one by one, are looked at, and published when they are right."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from app.api.models import Strict
from app.api.once import Posted
from app.api.request import Calling, Page, Services, cursor_of, cursor_values
from app.api.rulebooks import publisher, reader, signature
from app.api.tables import XLSX
from app.api.version_models import Note, PublishIn, VersionOut, VersionPage
from app.domain.rulebook import Part, Rulebook
from app.flows import drafts, publication, versions
from app.sheets import parts
from app.store.parts import Content

router = APIRouter(prefix="/v1/drafts", tags=["rulebooks"])

_BINARY: Final[Any] = {"schema": {"type": "string", "format": "binary"}}
_SHEETS: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The sheet: CSV or XLSX, of the policies TOML; at most 50 MB",
        "content": {"text/csv": _BINARY, XLSX: _BINARY, "application/toml": _BINARY},
    }
}

# Each sheet keeps a processor busy: a second one waits for the first.
_ONE: Final = asyncio.Semaphore(1)


class DraftQuery(Strict):
    """Which part the sheet is, and what the draft is for."""

    part: Part
    note: Note = ""
    onto: Annotated[str | None, Field(max_length=12)] = None
    """A draft whose other parts the new one has too, and against which the sheet is checked."""


@router.post(
    "",
    status_code=201,
    summary="Store a sheet as a draft",
    response_model=VersionOut,
    openapi_extra=_SHEETS,
)
async def create_draft(
    request: Request, service: Services, once: Posted, asked: Annotated[DraftQuery, Query()]
) -> Response:
    """Read a sheet against what is in force, or against a draft; it is taken whole or not at all.

    A refusal lists every fault with its row and its column.
    """
    publisher(service, once.caller)
    now, sheet = service.now(), await request.body()
    async with _ONE:
        # Read again it would be checked against what is in force by now.
        await once.recall()
        async with service.database.reading() as tx:
            onto = await drafts.find(tx, asked.onto) if asked.onto else None
            name = onto.name if onto else drafts.CURRENT
            seen = await drafts.reference(tx, service.library, name, now=now)
        content = await asyncio.to_thread(_parsed, sheet, asked.part, seen.rulebook)
        by = signature(once.caller)
        async with once.transaction() as doing:
            draft = await drafts.save(
                doing.tx, {asked.part: content}, note=asked.note, now=now, by=by, onto=onto
            )
            shown = VersionOut.of(await versions.of_draft(doing.tx, draft))
            return doing.answer(shown, status=201)


def _parsed(sheet: bytes, part: Part, rulebook: Rulebook) -> Content:
    """Return a sheet's content; raises BadSheet with every fault."""
    with tempfile.TemporaryDirectory(prefix="yiguan-") as folder:
        path = Path(folder, part)
        path.write_bytes(sheet)
        return parts.parse(part, path, rulebook)


@router.get("", summary="Drafts, the newest first")
async def list_drafts(service: Services, caller: Calling, asked: Page) -> VersionPage:
    """Return the drafts; GET /v1/rulebooks/d3 shows one."""
    reader(service, caller)
    (before,) = cursor_values(asked.cursor, int) if asked.cursor else (None,)
    async with service.database.reading() as tx:
        found = await versions.page_of_drafts(tx, before=before, limit=asked.limit)
    following = cursor_of(int(found[-1].name[1:])) if len(found) == asked.limit else None
    return VersionPage(items=[VersionOut.of(one) for one in found], next=following)


@router.post(
    "/{draft}:publish",
    summary="Publish a draft, now or from a moment on",
    response_model=VersionOut,
)
async def publish(draft: str, body: PublishIn, service: Services, once: Posted) -> Response:
    """Make a new version of what will be in force then, with the draft's parts."""
    publisher(service, once.caller)
    async with once.transaction() as doing:
        now = service.now()
        edition = await publication.publish_draft(
            doing.tx,
            await drafts.find(doing.tx, draft),
            now=now,
            by=signature(once.caller),
            note=body.note,
            at=body.at,
        )
        made = await versions.of_edition(doing.tx, edition, now=now)
        return doing.answer(VersionOut.of(made))


@router.delete("/{draft}", status_code=204, summary="Throw a draft away")
async def discard(draft: str, service: Services, caller: Calling) -> Response:
    """Forget a draft; what was published of it stays as it is."""
    publisher(service, caller)
    async with service.database.transaction() as tx:
        await drafts.discard(tx, draft)
    return Response(status_code=204)
