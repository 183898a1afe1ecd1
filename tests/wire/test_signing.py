"""Our signatures in the hands of others: the packages of PyPI and npm, and Svix's vectors."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks

from app.domain import signature
from app.domain.errors import Invalid
from app.wire import signing

# Public: the vector of Svix's own `test_asymmetric_key_signing`, and the keys of its docs.
PRIVATE = (
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
)
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNED = (
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
)

FULL = '{"type":"unit.filed","data":{"title":"路灯不亮 💡"}}'
"""What a message is like: more than ASCII in it."""


def headers(secrets: list[str], at: datetime, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": ID,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signing.header(secrets, ID, at, body),
    }


def test_svixs_vector_is_signed_as_svix_signs_it():
    assert signing.signed(PRIVATE, ID, AT, BODY) == SIGNED
    assert signing.public_of(PRIVATE) == PUBLIC


def test_svixs_vector_is_verified_by_the_public_key():
    signing.verify([PUBLIC], headers([PRIVATE], AT, BODY), BODY, AT)


def test_a_new_pair_belongs_together_and_is_another_each_time():
    pair, other = signing.new_pair(), signing.new_pair()
    assert pair.secret != other.secret
    assert signing.public_of(pair.secret) == pair.public
    signing.verify([pair.public], headers([pair.secret], AT, BODY), BODY, AT)
    with pytest.raises(Invalid) as caught:
        signing.verify([other.public], headers([pair.secret], AT, BODY), BODY, AT)
    assert caught.value.field == signature.SIGNATURE


def test_while_secrets_overlap_each_receiver_finds_its_own_whatever_their_kind():
    old, new = signature.new_secret(), signing.new_pair()
    sent = headers([new.secret, old], AT, BODY)
    first, second = sent["webhook-signature"].split(" ")
    assert (first[:4], second[:3]) == ("v1a,", "v1,")
    for keys in ([old], [new.public], [signature.new_secret(), PUBLIC, old]):
        signing.verify(keys, sent, BODY, AT)
    with pytest.raises(Invalid):
        signing.verify([signature.new_secret(), PUBLIC], sent, BODY, AT)
    with pytest.raises(Invalid):
        signing.verify([], sent, BODY, AT)


@pytest.mark.parametrize("key", ["public", "shared"])
def test_a_changed_body_and_an_old_message_are_refused_by_either_kind(key: str):
    pair, shared = signing.new_pair(), signature.new_secret()
    secret, known = (pair.secret, pair.public) if key == "public" else (shared, shared)
    sent = headers([secret], AT, BODY)
    with pytest.raises(Invalid) as changed:
        signing.verify([known], sent, BODY + b"\n", AT)
    with pytest.raises(Invalid) as late:
        signing.verify([known], sent, BODY, AT + timedelta(seconds=301))
    fields = (changed.value.field, late.value.field)
    assert fields == (signature.SIGNATURE, signature.TIMESTAMP)


@pytest.mark.parametrize(
    "secret", ["whsk_", "whsk_AAAA", PUBLIC, PRIVATE[:-4] + "AAA=", PRIVATE[5:], "whsk_私钥"]
)
def test_what_is_no_secret_key_is_refused(secret: str):
    with pytest.raises(Invalid) as caught:
        signing.public_of(secret)
    assert caught.value.field == "secret"


@pytest.mark.parametrize("key", ["whpk_", "whpk_AAAA", "whpk_" + PRIVATE[5:]])
def test_what_is_no_public_key_is_refused(key: str):
    with pytest.raises(Invalid) as caught:
        signing.verify([key], headers([PRIVATE], AT, BODY), BODY, AT)
    assert caught.value.field == "key"


def test_pypis_package_verifies_each_of_two_overlapping_secrets():
    secrets = [signature.new_secret(), signature.new_secret()]
    sent = headers([*secrets, PRIVATE], datetime.now(UTC), FULL.encode())
    for secret in secrets:
        assert standardwebhooks.Webhook(secret).verify(FULL, sent) == json.loads(FULL)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(signature.new_secret()).verify(FULL, sent)


def test_what_pypis_package_signs_is_verified():
    secret = signature.new_secret()
    sent = {
        "webhook-id": ID,
        "webhook-timestamp": str(int(AT.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(secret).sign(ID, AT, FULL),
    }
    signing.verify([secret], sent, FULL.encode(), AT)


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """npm's standardwebhooks, installed once a run where node and a registry are to be had."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("npm")
    command = [
        npm,
        "install",
        "--prefix",
        str(folder),
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
    ]
    try:
        subprocess.run(
            [*command, "standardwebhooks@1"], check=True, capture_output=True, timeout=60
        )
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"npm cannot install standardwebhooks: {error}")
    return folder / "node_modules"


def received(modules: Path, secret: str, key: str, sent: dict[str, str]) -> dict[str, Any]:
    """What a receiver written for node says of a message."""
    asked = {
        "modules": str(modules),
        "secret": secret,
        "key": key,
        "headers": sent,
        "body": FULL,
    }
    script = Path(__file__).with_name("receive.cjs")
    done = subprocess.run(
        ["node", str(script)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return json.loads(done.stdout)


def test_npms_package_and_node_verify_both_kinds_of_one_header(modules: Path):
    secret, pair = signature.new_secret(), signing.new_pair()
    sent = headers([secret, pair.secret], datetime.now(UTC), FULL.encode())
    told = received(modules, secret, pair.public, sent)
    assert told["v1a"] is True
    assert json.loads(told["v1"]) == json.loads(FULL)


def test_npms_package_and_node_refuse_foreign_keys(modules: Path):
    secret, pair = signature.new_secret(), signing.new_pair()
    sent = headers([secret, pair.secret], datetime.now(UTC), FULL.encode())
    told = received(modules, signature.new_secret(), signing.new_pair().public, sent)
    assert told == {"v1": "No matching signature found", "v1a": False}
