"""The published client knows a genuine webhook from any other."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from app.domain import signature
from app.wire import signing
from yiguan_client import NotGenuine, verify

AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
BODY = json.dumps({"type": "unit.filed", "data": {"备注": "井盖"}}).encode()


def headers(*secrets: str, at: datetime = AT, body: bytes = BODY) -> dict[str, str]:
    return {
        "Webhook-Id": "msg_1_7",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": signing.header(secrets, "msg_1_7", at, body),
    }


def checked(given: dict[str, str], secrets: list[str] | str, body: bytes = BODY) -> dict:
    return verify(given, body, secrets, now=AT.timestamp())


def test_what_the_service_signed_is_genuine_and_is_read():
    secret = signature.new_secret()
    assert checked(headers(secret), secret)["data"] == {"备注": "井盖"}


def test_what_the_standards_own_package_signed_is_genuine():
    secret = signature.new_secret()
    signed = Webhook(secret).sign("msg_1_7", AT, BODY.decode())
    assert checked({**headers(), "Webhook-Signature": signed}, secret)


def test_a_public_key_verifies_what_its_owner_signed():
    pair = signing.new_pair()
    assert checked(headers(pair.secret), pair.public)
    with pytest.raises(NotGenuine):
        checked(headers(signing.new_pair().secret), pair.public)


def test_while_secrets_overlap_either_verifies():
    old, new = signature.new_secret(), signature.new_secret()
    assert checked(headers(new, old), new)
    assert checked(headers(new, old), old)
    assert checked(headers(new), [old, new])


def test_another_secret_another_body_and_another_id_are_refused():
    secret = signature.new_secret()
    with pytest.raises(NotGenuine, match="签名不符"):
        checked(headers(secret), signature.new_secret())
    with pytest.raises(NotGenuine):
        checked(headers(secret), secret, BODY + b" ")
    with pytest.raises(NotGenuine):
        checked({**headers(secret), "Webhook-Id": "msg_1_8"}, secret)


@pytest.mark.parametrize("lacking", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_header_that_is_lacking_is_refused(lacking: str):
    secret = signature.new_secret()
    given = headers(secret)
    del given[lacking]
    with pytest.raises(NotGenuine, match="缺少"):
        checked(given, secret)


@pytest.mark.parametrize("signed", ["v1,???", "v1", "", "v2,AAAA", "v1a,AAAA", "\x00"])
def test_a_signature_that_cannot_be_read_is_refused(signed: str):
    with pytest.raises(NotGenuine):
        checked({**headers(), "Webhook-Signature": signed}, signature.new_secret())


def test_what_was_sent_long_ago_may_be_a_replay():
    secret = signature.new_secret()
    given = headers(secret)
    with pytest.raises(NotGenuine, match="时间"):
        verify(given, BODY, secret, now=AT.timestamp() + 301)
    assert verify(given, BODY, secret, now=AT.timestamp() + 301, tolerance=600)


def test_what_is_no_key_is_the_receivers_own_mistake():
    with pytest.raises(ValueError, match="whsec_"):
        checked(headers(signature.new_secret()), "geheim")


@pytest.mark.parametrize("digits", [12, 400, 5000])
def test_a_moment_of_any_length_is_refused_and_no_error(digits: int):
    with pytest.raises(NotGenuine):
        checked({**headers(), "Webhook-Timestamp": "9" * digits}, signature.new_secret())


def test_an_empty_secret_with_which_anybody_could_sign_is_no_key():
    with pytest.raises(ValueError, match="empty"):
        checked(headers(signature.new_secret()), "whsec_")
