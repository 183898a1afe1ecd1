"""Signatures by a shared secret, held against the reference implementation's own vector."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import signature
from app.domain.errors import Invalid

# Public: the test vector of svix-webhooks' and standard-webhooks' own suites.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = signature.new_secret(random=lambda size: b"o" * size)


def headers(**changed: str) -> dict[str, str]:
    usual = {"id": ID, "timestamp": str(int(AT.timestamp())), "signature": SIGNED}
    return {f"Webhook-{name.title()}": value for name, value in (usual | changed).items()}


def test_the_reference_vector_is_signed_as_its_authors_sign_it():
    assert signature.signed(SECRET, ID, AT, BODY) == SIGNED


def test_the_fraction_of_a_second_is_not_signed():
    assert signature.signed(SECRET, ID, AT + timedelta(seconds=0.9), BODY) == SIGNED


def test_the_reference_vector_is_verified_whatever_the_case_of_its_headers():
    signature.verify([SECRET], headers(), BODY, AT)


def test_while_secrets_overlap_any_signature_by_any_secret_will_do():
    both = f"{signature.signed(OTHER, ID, AT, BODY)} v1a,AAAA v2 v1,%%% {SIGNED}"
    signature.verify([SECRET], headers(signature=both), BODY, AT)
    signature.verify([signature.new_secret(), OTHER], headers(signature=both), BODY, AT)


@pytest.mark.parametrize(
    ("secrets", "changed", "body", "field"),
    [
        ([OTHER], {}, BODY, "webhook-signature"),
        ([], {}, BODY, "webhook-signature"),
        ([SECRET], {}, BODY + b" ", "webhook-signature"),
        ([SECRET], {"id": "msg_other"}, BODY, "webhook-signature"),
        ([SECRET], {"timestamp": str(int(AT.timestamp()) + 1)}, BODY, "webhook-signature"),
        ([SECRET], {"signature": SIGNED.replace("v1,", "v1a,")}, BODY, "webhook-signature"),
        ([SECRET], {"signature": SIGNED[:-2]}, BODY, "webhook-signature"),
        ([SECRET], {"signature": "v1,"}, BODY, "webhook-signature"),
        ([SECRET], {"signature": "v1,签名"}, BODY, "webhook-signature"),
        ([SECRET], {"signature": ""}, BODY, "webhook-signature"),
        ([SECRET], {"id": ""}, BODY, "webhook-id"),
        ([SECRET], {"id": "msg.1"}, BODY, "webhook-id"),
        ([SECRET], {"timestamp": "soon"}, BODY, "webhook-timestamp"),
        ([SECRET], {"timestamp": "1614265330.0"}, BODY, "webhook-timestamp"),
        ([SECRET], {"timestamp": "-1"}, BODY, "webhook-timestamp"),
        ([SECRET], {"timestamp": "9" * 30}, BODY, "webhook-timestamp"),
    ],
)
def test_anything_changed_is_refused_with_the_header_at_fault(
    secrets: list[str], changed: dict[str, str], body: bytes, field: str
):
    with pytest.raises(Invalid) as caught:
        signature.verify(secrets, headers(**changed), body, AT)
    assert caught.value.field == field


@pytest.mark.parametrize("late", [timedelta(seconds=300), timedelta(seconds=-300)])
def test_five_minutes_between_the_clocks_are_borne(late: timedelta):
    signature.verify([SECRET], headers(), BODY, AT + late)


@pytest.mark.parametrize("late", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_what_is_older_or_younger_is_taken_for_a_replay(late: timedelta):
    with pytest.raises(Invalid) as caught:
        signature.verify([SECRET], headers(), BODY, AT + late)
    assert caught.value.field == "webhook-timestamp"
    signature.verify([SECRET], headers(), BODY, AT + late, tolerance=400)


@pytest.mark.parametrize("message_id", ["", "msg.1", "消息"])
def test_an_id_whose_end_could_not_be_told_is_not_signed(message_id: str):
    with pytest.raises(Invalid) as caught:
        signature.signed(SECRET, message_id, AT, BODY)
    assert caught.value.field == "webhook-id"


def test_a_new_secret_has_32_bytes_of_chance_and_is_another_each_time():
    assert len(signature.key_of(signature.new_secret())) == 32
    assert signature.new_secret() != signature.new_secret()
    assert signature.new_secret(24, random=bytes) == "whsec_" + "A" * 32


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsec_密钥",
    ],
)
def test_what_is_no_secret_is_refused_without_being_repeated(secret: str):
    with pytest.raises(Invalid) as caught:
        signature.key_of(secret)
    assert caught.value.field == "secret"
    assert len(secret) < 10 or secret[6:] not in str(caught.value)


@given(body=st.binary(), at=st.integers(0, 10**10).map(lambda s: datetime.fromtimestamp(s, UTC)))
def test_what_is_signed_is_verified_and_by_no_other_secret(body: bytes, at: datetime):
    sent = {
        "webhook-id": ID,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature.signed(SECRET, ID, at, body),
    }
    signature.verify([SECRET], sent, body, at)
    with pytest.raises(Invalid):
        signature.verify([OTHER], sent, body, at)
