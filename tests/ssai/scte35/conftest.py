"""The real messages that every test of the codec may ask for."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ssai.scte35.section import SpliceInfoSection, decode


@pytest.fixture(scope="session")
def messages(data: Path) -> list[dict]:
    """Every recorded message with what other decoders made of it."""
    return json.loads((data / "scte35" / "messages.json").read_text(encoding="utf-8"))["messages"]


@pytest.fixture(scope="session")
def sound(messages) -> list[bytes]:
    """The recorded messages that are sections with a right CRC."""
    return [bytes.fromhex(message["hex"]) for message in messages if message.get("decode", {}).get("crc_ok")]


@pytest.fixture(scope="session")
def section_of() -> Callable[[dict], SpliceInfoSection]:
    """Decode a recorded message as strictly as its CRC allows."""
    return lambda message: decode(bytes.fromhex(message["hex"]), check_crc=message["decode"]["crc_ok"])
