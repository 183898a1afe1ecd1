"""Secrets at rest: sealed for one owner, opened by whoever has the key, and nobody else."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Unavailable
from app.settings import Settings
from app.store.seal import FILE, Seal, keys_of

OLD, NEW, FOREIGN = (bytes([number]) * 32 for number in (1, 2, 3))
ID = b"019a"


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@given(text=st.text(st.characters(exclude_categories=["Cs"])), about=st.binary())
def test_what_was_sealed_is_opened_for_the_same_owner(text: str, about: bytes):
    assert Seal(OLD).open(Seal(OLD).seal(text, about), about) == text


def test_the_same_text_is_sealed_differently_each_time_and_is_not_to_be_seen():
    seal = Seal(OLD)
    first, second = (seal.seal("whsec_abc", ID) for _ in range(2))
    assert first != second
    assert b"whsec" not in first


def test_a_row_that_was_moved_to_another_owner_is_not_opened():
    sealed = Seal(OLD).seal("whsec_abc", ID)
    with pytest.raises(Unavailable):
        Seal(OLD).open(sealed, b"another")


@pytest.mark.parametrize("at", [0, 1, 12, 13, 20, -1])
def test_a_row_that_was_changed_anywhere_is_not_opened(at: int):
    sealed = bytearray(Seal(OLD).seal("whsec_abc", ID))
    sealed[at] ^= 1
    with pytest.raises(Unavailable):
        Seal(OLD).open(bytes(sealed), ID)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01short", b"\x02" + bytes(60)])
def test_what_is_no_sealed_text_is_not_opened(sealed: bytes):
    with pytest.raises(Unavailable):
        Seal(OLD).open(sealed, ID)


def test_another_key_does_not_open_it_and_says_where_the_right_one_belongs():
    with pytest.raises(Unavailable) as caught:
        Seal(FOREIGN).open(Seal(OLD).seal("whsec_abc", ID), ID)
    assert "YIGUAN_SECRET_KEY" in caught.value.zh
    assert "secret.key" in caught.value.en


def test_a_new_key_seals_while_the_old_one_still_opens():
    before = Seal(OLD).seal("before", ID)
    both = Seal(NEW, OLD)
    after = both.seal("after", ID)
    assert (both.open(before, ID), both.open(after, ID)) == ("before", "after")
    assert Seal(NEW).open(after, ID) == "after"
    with pytest.raises(Unavailable):
        Seal(NEW).open(before, ID)


@pytest.mark.parametrize("keys", [(), (b"short",), (OLD, b"")])
def test_a_seal_without_a_whole_key_is_none(keys: tuple[bytes, ...]):
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(*keys)


def test_a_home_gets_one_key_of_its_own_that_only_its_owner_reads(tmp_path: Path):
    home = tmp_path / "home"
    [key] = keys_of((), home)
    assert keys_of((), home) == (key,)
    assert len(key) == 32
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    assert names(home) == [FILE]


def test_of_many_who_come_at_once_all_get_the_same_key(tmp_path: Path):
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: keys_of((), tmp_path), range(64)))
    assert len(found) == 1
    assert names(tmp_path) == [FILE]


def test_keys_that_are_given_leave_the_home_alone(tmp_path: Path):
    assert keys_of((NEW, OLD), tmp_path) == (NEW, OLD)
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", ["", "AAAA\n", "no key at all", "钥匙"])
def test_a_file_without_a_key_is_named_and_not_written_over(content: str, tmp_path: Path):
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"secret\.key"):
        keys_of((), tmp_path)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == content


def test_the_settings_take_several_keys_and_do_not_show_them():
    text = ", ".join(base64.b64encode(key).decode() for key in (NEW, OLD))
    settings = Settings.of({"YIGUAN_SECRET_KEY": text})
    assert settings.secret_key == (NEW, OLD)
    assert "x02" not in repr(settings)


@pytest.mark.parametrize("text", ["hunter2", "AAAA", base64.b64encode(b"x" * 33).decode(), "口令"])
def test_a_key_that_is_none_is_refused_by_name_and_not_repeated(text: str):
    with pytest.raises(ValueError, match="YIGUAN_SECRET_KEY") as caught:
        Settings.of({"YIGUAN_SECRET_KEY": text})
    assert text not in str(caught.value)


def test_the_settings_of_webhooks_have_names_defaults_and_refusals():
    usual = Settings.of({})
    assert (usual.webhook_allow, usual.webhook_ca) == ((), None)
    assert usual.webhook_ports == {80, 443, 8080, 8443}
    settings = Settings.of(
        {
            "YIGUAN_WEBHOOK_ALLOW": "10.0.0.0/8, fd00::/8",
            "YIGUAN_WEBHOOK_PORTS": "443,9000",
            "YIGUAN_WEBHOOK_CA": "/etc/city.pem",
        }
    )
    assert settings.webhook_allow == ("10.0.0.0/8", "fd00::/8")
    assert settings.webhook_ports == {443, 9000}
    assert settings.webhook_ca == Path("/etc/city.pem")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("YIGUAN_WEBHOOK_ALLOW", "10.0.0.1/8"),
        ("YIGUAN_WEBHOOK_ALLOW", "intranet"),
        ("YIGUAN_WEBHOOK_PORTS", "443,http"),
        ("YIGUAN_WEBHOOK_PORTS", "70000"),
    ],
)
def test_a_setting_of_webhooks_that_is_none_is_refused_by_name(name: str, text: str):
    with pytest.raises(ValueError, match=name):
        Settings.of({name: text})
