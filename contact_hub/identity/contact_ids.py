"""Contact ids: a function of the founding source record, so that every process and every rebuild names a person alike."""

import hashlib
import hmac
from collections.abc import Callable
from uuid import UUID


def contact_id_namer(secret: bytes, organization_id: str) -> Callable[[str, str], UUID]:
    """A function (source, source id) -> contact id, for one organization.

    The id is a UUIDv8 (RFC 9562 §5.8) from the first 122 bits of HMAC-SHA-256 under the installation's secret: equal
    inputs give equal ids everywhere, and nothing about the record can be read out of one.
    """
    keyed = hmac.new(secret, b"contact_hub.contact_id\0" + organization_id.encode() + b"\0", hashlib.sha256)

    def name(source: str, source_id: str) -> UUID:
        digest = keyed.copy()
        digest.update(source.encode() + b"\0" + source_id.encode())
        bits = int.from_bytes(digest.digest()[:16], "big")
        bits = bits & ~(0xF << 76) | (0x8 << 76)
        bits = bits & ~(0x3 << 62) | (0x2 << 62)
        return UUID(int=bits)

    return name
