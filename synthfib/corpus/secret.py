"""The secret of a sealed test split: a seed that is withheld, and the salt that hides it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from synthfib.data.atomic import TEMPORARY_PREFIX
from synthfib.data.untrusted import read_bounded
from synthfib.errors import InputError

FORMAT = "synthfib/secret@1"
_SALT_BYTES = 16
_SEED_BYTES = 8
_SEED_BITS = 63
_MOST_BYTES = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Salt and seed of a sealed test split.

    The commitment is the SHA-256 of the 16 bytes of the salt and the 8 bytes of the seed, highest first. Without the salt nobody can try
    seeds against it, nor guess short arrays, such as slice positions on a grid, by what `conceal` gives.

    Parameters
    ----------
    salt : bytes
        16 random bytes.
    seed : int
        63 random bits, from which every number of the test split follows.
    """

    salt: bytes
    seed: int

    def __post_init__(self) -> None:
        if len(self.salt) != _SALT_BYTES or not 0 <= self.seed < 1 << _SEED_BITS:
            raise InputError(f"A secret needs a salt of {_SALT_BYTES} bytes and a seed of {_SEED_BITS} bits.")

    def __repr__(self) -> str:
        return f"Secret(commitment={self.commitment!r})"

    @classmethod
    def draw(cls) -> Secret:
        """Return a new secret from the random numbers of the system."""
        return cls(secrets.token_bytes(_SALT_BYTES), secrets.randbits(_SEED_BITS))

    @property
    def commitment(self) -> str:
        """What is published: it binds to this secret and tells nothing of it."""
        return hashlib.sha256(self.salt + self.seed.to_bytes(_SEED_BYTES, "big")).hexdigest()

    def conceal(self, what: str, sha256: str) -> str:
        """Return a digest of a digest that only who has the salt can make: HMAC-SHA-256 of ``what|sha256``."""
        return hmac.new(self.salt, f"{what}|{sha256}".encode(), hashlib.sha256).hexdigest()

    def to_text(self) -> str:
        """Return the text of a secret file."""
        return json.dumps({"format": FORMAT, "salt": self.salt.hex(), "seed": self.seed}, indent=2) + "\n"


def write_secret(path: Path, secret: Secret) -> None:
    """Write a secret so that only its owner can read it; complete or not at all, and never over anything.

    Raises
    ------
    InputError
        If something is there, or the folder cannot be written.
    """
    draft = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret.to_text())
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # which, unlike a renaming, fails if something is there
    except FileExistsError as error:
        raise InputError(f"{path} exists, and a secret that was published cannot be drawn again; choose another name.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}); choose another place.") from error
    finally:
        draft.unlink(missing_ok=True)


def read_secret(path: Path) -> Secret:
    """Read what `write_secret` wrote.

    Raises
    ------
    InputError
        If it is missing or no secret; the message tells nothing of what is in it.
    """
    try:
        content = json.loads(read_bounded(path, _MOST_BYTES))
        salt, seed = content["salt"], content["seed"]
        if content["format"] == FORMAT and re.fullmatch(r"[0-9a-f]{32}", salt) and type(seed) is int:
            return Secret(bytes.fromhex(salt), seed)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); give the file that synthfib seal wrote.") from error
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise InputError(f"{path} is no secret; give the file that synthfib seal wrote.")
