"""Assets: vendored files, kept in memory and packed once; their address names their content."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

_STATIC: Final = Path(__file__).parent / "static"
EVERYWHERE: Final = "pages.js"
"""What every page needs of scripts, in one."""
_EVERYWHERE: Final = ("htmx.min.js", "hx-sse.min.js", "site.js")
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_SHORT: Final = "public, max-age=300"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_PACKED: Final = frozenset({".js", ".css", ".svg", ".webmanifest"})


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and packed."""

    content: bytes
    packed: bytes | None
    media_type: str
    version: str

    @classmethod
    def of(cls, path: Path) -> "Asset":
        """Read a file."""
        content = path.read_bytes()
        kind = _TYPES.get(path.suffix) or guess_type(path.name)[0] or "application/octet-stream"
        packed = gzip.compress(content, 9, mtime=0) if path.suffix in _PACKED else None
        return cls(content, packed, kind, sha256(content).hexdigest()[:12])

    @classmethod
    def joined(cls, scripts: Sequence["Asset"]) -> "Asset":
        """Return several scripts as one: a request on a bad line costs more than its bytes."""
        content = b"\n;\n".join(one.content for one in scripts)
        version = sha256(content).hexdigest()[:12]
        return cls(content, gzip.compress(content, 9, mtime=0), scripts[0].media_type, version)

    def response(self, request: Request, cache: str) -> Response:
        """Answer with it, packed where the browser takes that."""
        headers = {"Cache-Control": cache, "X-Content-Type-Options": "nosniff"}
        if self.packed is None:
            return Response(self.content, headers=headers, media_type=self.media_type)
        headers["Vary"] = "Accept-Encoding"
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.content, headers=headers, media_type=self.media_type)
        headers["Content-Encoding"] = "gzip"
        return Response(self.packed, headers=headers, media_type=self.media_type)


def _all() -> dict[str, Asset]:
    found = {path.name: Asset.of(path) for path in sorted(_STATIC.iterdir()) if path.is_file()}
    return found | {EVERYWHERE: Asset.joined([found[name] for name in _EVERYWHERE])}


ASSETS: Final[Mapping[str, Asset]] = _all()


def address(name: str) -> str:
    """Return where an asset is, as its content is now: to be kept for ever."""
    return f"/static/{name}?v={ASSETS[name].version}"


@router.get("/static/{name}")
async def static(name: str, request: Request) -> Response:
    """Serve an asset."""
    asset = ASSETS.get(name)
    if asset is None:
        raise HTTPException(404)
    is_pinned = request.query_params.get("v") == asset.version
    return asset.response(request, _FOR_EVER if is_pinned else _SHORT)
