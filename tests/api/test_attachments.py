"""Attachments: taken in whole, by their content, and given to whoever may see them."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from app.api.once import HEADER, REPLAYED
from app.domain.authority import Role
from app.domain.evidence import LARGEST
from app.store import attachments
from tests.given import CITY, EAST, WEST, City, Person
from tests.photos import JPEG, clerk, exhibit, filed, send, shown, uploaded, worker

PDF = b"%PDF-1.7\n"
FIRE = "六楼着火了浓烟滚滚"


def files(city: City) -> list[Path]:
    root: Path = city.app.state.service.folder.root
    return sorted(path for path in root.rglob("*") if path.is_file())


async def rows(city: City) -> int:
    async with city.app.state.service.database.reading() as tx:
        return int(await tx.value("SELECT count(*) FROM attachment"))


# Uploaded


async def test_an_upload_lies_under_its_digest_and_comes_back_as_it_was(city: City):
    person, content = await worker(city), JPEG + b"x" * 200_000
    answer = await send(person, content)
    digest = sha256(content).hexdigest()
    told = answer.json()
    assert (answer.status_code, told["sha256"], told["size"], told["type"], told["name"]) == (
        201,
        digest,
        len(content),
        "image/jpeg",
        "现场.jpg",
    )
    root = city.app.state.service.folder.root
    assert files(city) == [root / digest[:2] / digest[2:4] / digest]
    back = await person.call("GET", answer.headers["location"])
    assert (back.status_code, back.content) == (200, content)


async def test_the_same_content_twice_is_stored_once(city: City):
    person = await worker(city)
    first, second = await uploaded(person), await uploaded(person)
    assert first != second
    assert (len(files(city)), await rows(city)) == (1, 2)


async def test_an_upload_sent_again_under_its_key_is_one(city: City):
    person = await worker(city)
    first, again = [await send(person, **{HEADER: "k1"}) for _ in range(2)]
    other = await send(person, PDF, **{HEADER: "k1"})
    assert (again.content, again.headers[REPLAYED]) == (first.content, "true")
    assert (other.status_code, await rows(city)) == (409, 1)


async def test_the_content_decides_what_it_is(city: City):
    answer = await send(await worker(city), PDF, "照片.jpg", **{"Content-Type": "image/jpeg"})
    assert (answer.json()["type"], answer.json()["name"]) == ("application/pdf", "照片.jpg.pdf")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"<html><script>alert(1)</script></html>", 422),
        (b"\xff\xd8", 422),
        (b"GIF89a", 422),
        (JPEG + b"\0" * LARGEST, 413),
        (JPEG + b"\0" * (LARGEST + (1 << 20)), 413),
    ],
    ids=["empty", "html", "broken off", "gif", "one byte over", "21 MB"],
)
async def test_a_hostile_upload_leaves_nothing(city: City, content: bytes, status: int):
    answer = await send(await worker(city), content, **{"Content-Type": "image/jpeg"})
    assert (answer.status_code, files(city), await rows(city)) == (status, [], 0)


async def test_the_largest_is_taken(city: City):
    content = JPEG + b"\0" * (LARGEST - len(JPEG))
    assert (await send(await worker(city), content)).status_code == 201


async def test_too_much_in_pieces_is_refused_as_soon_as_it_is_too_much(city: City):
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        yield JPEG
        for _ in range(400):
            sent += 1 << 20
            yield b"\0" * (1 << 20)

    answer = await send(await worker(city), pieces())
    assert (answer.status_code, files(city), await rows(city)) == (413, [], 0)


async def test_elsewhere_the_small_limit_stays(city: City):
    unit = await filed(person := await worker(city))
    answer = await person.try_to(unit, "note", reason="长" * 40_000)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "/etc/passwd", "a\x00b", "..\\..\\x.jpg", "a/b/c.jpg"]
)
async def test_a_name_is_no_path(city: City, name: str):
    answer = await send(await worker(city), name=name)
    assert answer.status_code == 201
    assert not set("/\\\x00") & set(answer.json()["name"])
    assert len(files(city)) == 1


async def test_without_a_key_nobody_uploads(city: City):
    answer = await city.client.post("/v1/attachments", content=JPEG)
    assert (answer.status_code, files(city)) == (401, [])


async def test_what_fails_after_the_file_leaves_no_row(city: City, monkeypatch: pytest.MonkeyPatch):
    """The service dies between the file and its row: a file too many harms nobody."""

    async def die(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(attachments, "put", die)
    answer = await send(await worker(city))
    assert (answer.status_code, len(files(city)), await rows(city)) == (503, 1, 0)


async def test_what_cannot_be_kept_leaves_no_row(city: City, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.store.folder.os.fsync", full)
    answer = await send(await worker(city))
    assert (answer.status_code, files(city), await rows(city)) == (503, [], 0)


# Downloaded


async def status(person: Person, attachment: str) -> int:
    return (await person.call("GET", f"/v1/attachments/{attachment}")).status_code


async def test_before_it_is_attached_only_its_uploader_sees_it(city: City):
    person = await worker(city)
    attachment = await uploaded(person)
    others = [await worker(city, "同事"), await clerk(city, CITY)]
    assert [await status(one, attachment) for one in (person, *others)] == [200, 404, 404]


async def test_whoever_sees_the_unit_sees_what_is_attached_to_it(city: City):
    person = await worker(city)
    unit, attachment = await filed(person), await uploaded(person)
    await person.act(unit, "attach", attachments=[exhibit(attachment)])
    people = [await clerk(city), await clerk(city, EAST), await clerk(city, WEST)]
    assert [await status(one, attachment) for one in people] == [200, 200, 404]


async def test_whoever_works_on_a_task_sees_the_reports_photo(city: City):
    person = await worker(city)
    attachment = await uploaded(person)
    unit = await filed(person, FIRE, attachments=[exhibit(attachment, "before")])
    brigade = await city.person(f"{EAST}-XF", Role.DEPARTMENT)
    task = next(
        one
        for one in (await (await clerk(city, EAST)).get(f"/v1/units/{unit}"))["tasks"]
        if one["holder"]["code"] == f"{EAST}-XF"
    )
    assert await shown(brigade, task["id"]) == [(attachment, "before", True)]
    stranger = await city.person(f"{WEST}-XF", Role.DEPARTMENT)
    assert [await status(one, attachment) for one in (brigade, stranger)] == [200, 404]


async def test_a_download_is_inert_and_known_by_its_content(city: City):
    person = await worker(city)
    attachment = await uploaded(person)
    answer = await person.call("GET", f"/v1/attachments/{attachment}")
    headers = answer.headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-disposition"].startswith("attachment; filename*=utf-8''%E7%8E%B0")
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["etag"] == f'"{sha256(JPEG).hexdigest()}"'
    again = await person.call(
        "GET", f"/v1/attachments/{attachment}", headers={"If-None-Match": headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_a_file_that_is_gone_is_told(city: City):
    person = await worker(city)
    attachment = await uploaded(person)
    files(city)[0].unlink()
    answer = await person.call("GET", f"/v1/attachments/{attachment}")
    assert (answer.status_code, "附件目录" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize("attachment", [str(UUID(int=7)), "..%2f..%2fetc%2fpasswd", "%00", "x"])
async def test_what_is_no_attachment_is_not_found(shared_city: City, attachment: str):
    assert await status(await worker(shared_city), attachment) in {404, 422}
