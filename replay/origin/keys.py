"""AES-128 as HLS has it: CBC over a whole segment, padded (draft-pantos-hls-rfc8216bis, 4.4.4.4 and 5.2).

The keys are those of a test stream: they follow from their numbers, and nobody is kept out.
"""

from __future__ import annotations

from hashlib import blake2b
from importlib.util import find_spec
from typing import Final

from domain.errors import HalftimeError
from replay.origin.clip import Clip
from replay.origin.dress import Encryption
from ssai.creatives.ladder import SubtitleRung

KEYS: Final = "../keys"
"""Where keys are, seen from a media playlist."""
BLOCK: Final = 16
"""Bytes of a block, a key and an initialisation vector."""


class CipherMissingError(HalftimeError):
    """The library that encrypts is not installed."""


def key_number(clip: Clip, index: int) -> int:
    """Number of the key of segment ``index``, counted from 0."""
    return index // clip.dress.key_segments if clip.dress.key_segments else 0


def is_encrypted(clip: Clip, rendition: str) -> bool:
    """Whether a rendition's segments are: subtitles stay in the clear."""
    return clip.dress.encryption is not None and not isinstance(clip.tracks[rendition].rung, SubtitleRung)


def starts_key(clip: Clip, index: int) -> bool:
    """Whether segment ``index`` is the first with its key."""
    return clip.dress.key_segments > 0 and index % clip.dress.key_segments == 0


def key(number: int) -> bytes:
    """The key of that number, 16 bytes."""
    return _digest(f"key {number}")


def vector(clip: Clip, index: int, media_sequence: int) -> bytes:
    """The initialisation vector of segment ``index``, 16 bytes: its key's, or its media sequence number (5.2)."""
    if clip.dress.encryption is Encryption.IMPLICIT:
        return media_sequence.to_bytes(BLOCK)
    return _digest(f"vector {key_number(clip, index)}")


def key_tag(clip: Clip, index: int, media_sequence: int) -> str:
    """The EXT-X-KEY that holds from segment ``index`` on."""
    tag = f'#EXT-X-KEY:METHOD=AES-128,URI="{KEYS}/{key_number(clip, index)}.key"'
    if clip.dress.encryption is Encryption.IMPLICIT:
        return tag
    return f"{tag},IV=0x{vector(clip, index, media_sequence).hex().upper()}"


def require_cipher() -> None:
    """``CipherMissingError`` without the library: it belongs to an extra, and an origin in the clear does without."""
    if find_spec("cryptography") is None:
        raise CipherMissingError("encryption needs the package cryptography: pip install 'halftime[demo]'")


def encrypt(body: bytes, key: bytes, vector: bytes) -> bytes:
    """A segment as it is sent. Needs what ``require_cipher`` looks for."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 -- as said above

    missing = BLOCK - len(body) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return encryptor.update(body + bytes([missing]) * missing) + encryptor.finalize()


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=BLOCK).digest()
