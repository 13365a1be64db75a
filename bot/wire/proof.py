"""What an agent signs to prove who it is, and how its key is written and shown."""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

# what is signed for one purpose is worth nothing for the other, nor in a later protocol
_CONNECTING = "despool agent connects 1"
_ENROLLING = "despool agent enrolls 1"


def connecting(agent: str, address: str, nonce: str) -> bytes:
    """Return what an agent signs when it connects to the bot at an address."""
    return _statement(_CONNECTING, agent, address, nonce)


def enrolling(code: str, address: str) -> bytes:
    """Return what an agent signs when it enrols: that the key it brings is its own."""
    return _statement(_ENROLLING, code, address)


def signed(key: Ed25519PrivateKey, statement: bytes) -> str:
    """Return the signature as text."""
    return base64.b64encode(key.sign(statement)).decode()


def is_signed(public: str, signature: str, statement: bytes) -> bool:
    """Tell whether the owner of a public key has signed this very statement."""
    try:
        raw = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(_bytes(public)).verify(raw, statement)
    except (InvalidSignature, ValueError):  # binascii's error is one
        return False
    return True


def public_half(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key as text."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def is_public_key(public: str) -> bool:
    """Tell whether a text is the public half of a key."""
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(public))
    except ValueError:
        return False
    return True


def fingerprint(public: str) -> str:
    """Return what people compare, in the form that ssh made familiar."""
    digest = hashlib.sha256(_bytes(public)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _bytes(public: str) -> bytes:
    try:
        return base64.b64decode(public, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _statement(*parts: str) -> bytes:
    if any("\n" in part for part in parts):
        raise ValueError("a part of a statement would run into the next")
    return "\n".join(parts).encode()
