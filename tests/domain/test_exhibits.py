"""What a file is by its content, what it is called, and what resolving needs."""

import pytest

from app.domain.errors import Invalid
from app.domain.evidence import NAME, FileType, Phase, named, require, type_of
from app.domain.responsibility import Evidence

HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe1\x00\x18Exif", FileType.JPEG),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", FileType.PNG),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", FileType.WEBP),
        (HEIC, FileType.HEIC),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1miafheic", FileType.HEIC),
        (b"%PDF-1.7\n", FileType.PDF),
    ],
)
def test_a_file_is_what_its_content_says(head: bytes, kind: FileType):
    assert type_of(head) is kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xd8",
        b"<html>",
        b"GIF89a<script>",
        b"<svg xmlns=",
        b"\n%PDF-1.7",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"RIFF",
        b"PK\x03\x04",
        b"MZ\x90",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp41",
        b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf",
        b"\x00\x00\x00\x10ftypmif1\x00\x00\x00\x00heic",
        b"\x00\x00\x00\x00ftyp",
    ],
)
def test_nothing_else_is_taken(head: bytes):
    assert type_of(head) is None


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("现场.jpg", "现场.jpg"),
        ("现场.JPEG", "现场.JPEG"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\x\\井盖.jpg", "井盖.jpg"),
        ("evil.html", "evil.html.jpg"),
        ("a.jpg.exe", "a.jpg.exe.jpg"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("a\r\nX-Injected: 1.jpg", "aX-Injected: 1.jpg"),
        ("\x00", "attachment.jpg"),
        ("", "attachment.jpg"),
        ("..", "attachment.jpg"),
        (".jpg", "jpg.jpg"),
        ("长" * 300 + ".jpg", "长" * NAME + ".jpg"),
    ],
)
def test_a_name_is_made_safe_and_honest(name: str, saved: str):
    assert named(name, FileType.JPEG) == saved


@pytest.mark.parametrize("kind", FileType)
def test_every_type_has_an_ending(kind: FileType):
    assert named("x", kind) == f"x{kind.suffixes[0]}"


BEFORE, AFTER, OTHER = Phase.BEFORE, Phase.AFTER, Phase.OTHER


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (Evidence.NONE, []),
        (Evidence.AFTER, [AFTER]),
        (Evidence.AFTER, [OTHER, AFTER, AFTER]),
        (Evidence.BEFORE_AFTER, [AFTER, BEFORE]),
    ],
)
def test_what_is_shown_is_enough(rule: Evidence, shown: list[Phase]):
    require(rule, shown)


@pytest.mark.parametrize(
    ("rule", "shown", "missing"),
    [
        (Evidence.AFTER, [], [AFTER]),
        (Evidence.AFTER, [BEFORE, OTHER], [AFTER]),
        (Evidence.BEFORE_AFTER, [], [BEFORE, AFTER]),
        (Evidence.BEFORE_AFTER, [AFTER], [BEFORE]),
    ],
)
def test_what_is_missing_is_named(rule: Evidence, shown: list[Phase], missing: list[Phase]):
    with pytest.raises(Invalid) as refusal:
        require(rule, shown)
    assert (refusal.value.field, refusal.value.allowed) == ("attachments", missing)
