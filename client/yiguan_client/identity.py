"""Ids that a device makes by itself."""

import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Return a UUID of version 7: its first 48 bits are the time, so that ids sort by it."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
