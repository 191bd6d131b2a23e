"""Public ids: twelve characters [a-z0-9] that stay for ever and give no internal number away."""

import hashlib
import hmac

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LENGTH = 12


def public_id(key: str, kind: str, name: object) -> str:
    """The id of the `kind` of thing called `name` (a row's id, a group's name) under a page's `id_key`.

    62 bits of an HMAC: among a million things the chance of any two sharing an id is about one in ten
    million.
    """
    digest = hmac.new(key.encode(), f"{kind}:{name}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest[:16], "big")
    letters = []
    for _ in range(LENGTH):
        number, rest = divmod(number, len(_DIGITS))
        letters.append(_DIGITS[rest])
    return "".join(letters)
