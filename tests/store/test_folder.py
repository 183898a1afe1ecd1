"""The folder of attachments: each content once, whole, and nothing half-received for ever."""

import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from app.store.folder import Folder

CONTENT = b"content"
DIGEST = sha256(CONTENT).digest()


def kept(folder: Folder, content: bytes = CONTENT) -> bytes:
    with folder.incoming() as coming:
        for piece in (content[:3], content[3:]):
            coming.write(piece)
        return coming.keep()


def incoming(folder: Folder) -> list[str]:
    return [path.name for path in (folder.root / "incoming").glob("*")]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "a" / "attachments")


def test_a_content_lies_under_its_digest_for_its_owner_alone(folder: Folder):
    assert kept(folder) == DIGEST
    path = folder.path(DIGEST)
    assert (path.read_bytes(), path.stat().st_mode & 0o77) == (CONTENT, 0)
    assert list(folder.contents()) == [path]
    assert incoming(folder) == []


def test_a_damaged_content_is_mended_by_the_same_upload(folder: Folder):
    kept(folder)
    folder.path(DIGEST).write_bytes(b"")
    kept(folder)
    assert folder.path(DIGEST).read_bytes() == CONTENT


def test_what_is_not_kept_is_gone(folder: Folder):
    with folder.incoming() as coming:
        coming.write(CONTENT)
    assert (incoming(folder), list(folder.contents())) == ([], [])


def test_the_disk_has_it_before_anybody_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    """The content, then its name: each synced, in this order."""
    synced, real = list[str](), os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr("app.store.folder.os.fsync", note)
    with folder.incoming() as coming:
        coming.write(CONTENT)
        (name,) = incoming(folder)
        coming.keep()
    digest = DIGEST.hex()
    assert synced == ["a", name, digest[2:4], digest[:2], "attachments"]


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_what_a_killed_process_left_goes_after_a_day(folder: Folder, hours: int, stays: bool):
    kept(folder)
    left = folder.root / "incoming" / "left"
    left.write_bytes(CONTENT)
    then = time.time() - hours * 3600
    os.utime(left, (then, then))
    os.utime(folder.path(DIGEST), (0, 0))
    folder.sweep()
    assert (left.exists(), folder.path(DIGEST).exists()) == (stays, True)


def test_a_folder_that_is_not_there_has_nothing_to_sweep(folder: Folder):
    folder.sweep()
    assert (list(folder.contents()), folder.root.exists()) == ([], False)
