"""Attachments: uploaded as they are, downloaded by whoever may see what they belong to."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, Response

from app.api import render
from app.api.evidence import AttachmentOut
from app.api.once import Posted
from app.api.request import Calling, Services
from app.domain.authority import Caller
from app.domain.errors import Invalid, NotFound, Unavailable
from app.domain.evidence import LARGEST, FileType, type_of
from app.domain.rulebook import Rulebook
from app.flows import evidence
from app.flows.casework import in_sight
from app.store import attachments, units
from app.store.attachments import Attachment
from app.store.database import Tx
from app.store.folder import Folder, Incoming

router = APIRouter(prefix="/v1/attachments", tags=["attachments"])
log = structlog.get_logger()

_FILE: Final[dict[str, Any]] = {kind.value: {} for kind in FileType}
_INERT: Final = {
    # Whatever somebody has put in there, no browser is to run it as ours.
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


@dataclass(frozen=True, slots=True)
class Received:
    """A content that lies in the folder, on the disk."""

    digest: bytes
    size: int
    kind: FileType


@router.post(
    "",
    status_code=201,
    summary=f"Upload an image or a PDF of up to {LARGEST >> 20} MiB; what it is, its content tells",
    response_model=AttachmentOut,
    openapi_extra={"requestBody": {"required": True, "content": _FILE}},
)
async def upload(
    request: Request,
    service: Services,
    once: Posted,
    name: Annotated[str, Query(max_length=300, description="What the file is called")] = "",
) -> Response:
    """Keep the body; name the id in a report or an action, or attach it afterwards."""
    got = await _received(request, service.folder)
    now = service.now()
    async with once.transaction(got.digest) as doing:
        new = await evidence.take_in(
            doing.tx, got.digest, size=got.size, kind=got.kind, name=name, by=once.caller, at=now
        )
        shown = render.attachment(new, service.library.current(now).rulebook)
        headers = {"Location": f"{router.prefix}/{new.id}"}
        return doing.answer(shown, status=201, headers=headers)


async def _received(request: Request, folder: Folder) -> Received:
    """Take the body into the folder; it is durable before any row speaks of it."""
    try:
        with folder.incoming() as coming:
            async for chunk in request.stream():
                await asyncio.to_thread(coming.write, chunk)
            kind = _kind(coming)
            return Received(await asyncio.to_thread(coming.keep), coming.size, kind)
    except ClientDisconnect:
        raise Invalid(zh="上传中断", en="the upload broke off", field="body") from None
    except OSError as error:
        log.exception("attachment_not_kept")
        raise Unavailable(
            zh="附件未能保存, 请稍后重试", en="the attachment could not be kept; try again"
        ) from error


def _kind(coming: Incoming) -> FileType:
    if coming.size == 0:
        raise Invalid(zh="文件是空的", en="the file is empty", field="body")
    kind = type_of(coming.head)
    if kind is None:
        raise Invalid(
            zh="只接受 JPEG、PNG、WebP、HEIC 图片和 PDF, 以文件内容为准",
            en="only JPEG, PNG, WebP, HEIC and PDF, by their content",
            field="body",
            allowed=tuple(FileType),
        )
    return kind


@router.get(
    "/{attachment_id}",
    summary="Download an attachment",
    response_class=FileResponse,
    responses={200: {"content": _FILE, "description": "The file"}},
)
async def download(
    attachment_id: UUID, request: Request, service: Services, caller: Calling
) -> Response:
    """Return the file to its uploader, or to whoever sees what it is attached to."""
    rulebook = service.library.current(service.now()).rulebook
    async with service.database.reading() as tx:
        found = (await attachments.read(tx, [attachment_id])).get(attachment_id)
        if found is None or not await _may_read(tx, found, caller, rulebook):
            raise NotFound(zh="没有这个附件", en="no such attachment", field="attachment_id")
    headers = {"ETag": f'"{found.sha256.hex()}"', **_INERT}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    path = service.folder.path(found.sha256)
    if not await asyncio.to_thread(path.is_file):
        log.error("attachment_missing", path=str(path), attachment=str(found.id))
        raise NotFound(
            zh="附件文件不在本机附件目录中, 请联系运维人员",
            en="the file is not in this server's folder of attachments: tell the operators",
            field="attachment_id",
        )
    return FileResponse(path, headers=headers, media_type=found.type, filename=found.name)


async def _may_read(tx: Tx, found: Attachment, caller: Caller, rulebook: Rulebook) -> bool:
    if found.account == caller.account:
        return True
    if found.unit is None:
        return False
    seen = await units.read(tx, [found.unit])
    if found.event is not None:
        # Whoever works on a task of it sees the report.
        seen += await units.tasks_of(tx, [found.unit])
    return any(in_sight(unit, caller, rulebook) for unit in seen)
