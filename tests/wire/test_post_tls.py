"""TLS: certificates are checked, a city's own authority is trusted where the operator names it."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.domain.answer import Answer, Outcome
from app.wire.guard import Guard
from app.wire.post import Letter, Post
from tests.wire.receiving import answering, receiver

NAME = "dashboard.example"


class Authority(NamedTuple):
    file: Path
    server: ssl.SSLContext


def certificate(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    is_authority = subject == issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not is_authority:
        names = [x509.DNSName(NAME), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A city's own authority, and a server with a certificate of it."""
    folder = tmp_path_factory.mktemp("authority")
    signer, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(certificate("city", "city", signer, signer).public_bytes(pem))
    (folder / "server.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate("server", "city", key, signer).public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return Authority(folder / "ca.pem", context)


async def loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def sent(authority: Authority, host: str, *, ca: Path | None) -> Answer:
    async with receiver(answering(200), tls=authority.server) as server:
        guard = Guard.of(("127.0.0.0/8",), [server.port])
        async with Post.opened(guard, ca=ca, names=loopback) as out:
            answers = [
                await out.send(Letter(f"https://{host}:{server.port}/", {}, b"", 5))
                for _ in range(2)
            ]
    # A server counts a connection once the handshake is done.
    assert server.connections == (1 if answers[0].status else 0)
    return answers[0]


@pytest.mark.parametrize("host", [NAME, "127.0.0.1"])
async def test_a_named_authority_is_trusted_and_the_connection_kept(
    host: str, authority: Authority
):
    answer = await sent(authority, host, ca=authority.file)
    assert (answer.outcome, answer.error) == (Outcome.DELIVERED, "")


async def test_an_unknown_authority_is_not_trusted(authority: Authority):
    answer = await sent(authority, NAME, ca=None)
    assert answer.outcome is Outcome.UNREACHABLE
    assert answer.zh.startswith("TLS 或证书有误")
    assert "certificate verify failed" in answer.en


async def test_a_certificate_of_another_name_is_not_trusted(authority: Authority):
    answer = await sent(authority, "other.example", ca=authority.file)
    assert answer.outcome is Outcome.UNREACHABLE
    assert "other.example" in answer.en


async def test_a_file_that_holds_no_authority_is_refused_at_the_start(tmp_path: Path):
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(ssl.SSLError):
        async with Post.opened(Guard.of((), (443,)), ca=tmp_path / "ca.pem"):
            pass
