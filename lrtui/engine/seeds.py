"""Seeds derived from names: every use of chance has its own stream, a pure function of (seed, purpose, step)."""

import hashlib


def derive(seed: int, purpose: str, step: int = 0) -> int:
    """A 63-bit seed for `purpose` at `step`; streams with different purposes or steps are unrelated."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{step}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
