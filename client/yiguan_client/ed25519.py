"""ed25519 signatures (`v1a`), for who has installed the extra of that name."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def fits(key: bytes, signature: bytes, content: bytes) -> bool:
    """Tell whether the public key's owner signed the content."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except InvalidSignature:
        return False
    return True
