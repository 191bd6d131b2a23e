"""Keys are made once and kept for good."""

from __future__ import annotations

import base64
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from lib.sealing import BadSeal
from notifications import keys
from notifications.models import KeyPurpose, SigningKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_keys(db: None) -> None:
    """Those that came with the tables would be found."""
    SigningKey.objects.all().delete()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_vapid_pair_is_made_once_and_fits_together(now: datetime) -> None:
    first, second = keys.vapid_keys(now), keys.vapid_keys(now)
    assert first == second
    point = _raw(first.public)
    assert (len(point), point[0], len(_raw(first.private))) == (65, 4, 32)
    numbers = ec.derive_private_key(int.from_bytes(_raw(first.private)), ec.SECP256R1())
    public = numbers.public_key().public_numbers()
    assert point == b"\x04" + public.x.to_bytes(32) + public.y.to_bytes(32)


def test_the_private_half_is_sealed(now: datetime) -> None:
    pair = keys.vapid_keys(now)
    row = SigningKey.objects.get()
    assert row.public == pair.public
    assert pair.private not in row.private


def test_of_two_processes_that_make_a_key_the_first_wins(now: datetime) -> None:
    def make() -> keys.KeyPair:
        """Another process gets there while this one is still making its own."""
        keys.signing_key(purpose=KeyPurpose.LEDGER, make=lambda: keys.KeyPair("theirs", "t"), now=now)
        return keys.KeyPair("ours", "o")

    assert keys.signing_key(purpose=KeyPurpose.LEDGER, make=make, now=now) == keys.KeyPair("theirs", "t")
    assert SigningKey.objects.count() == 1


def test_purposes_have_keys_of_their_own(now: datetime) -> None:
    vapid = keys.vapid_keys(now)
    other = keys.signing_key(purpose=KeyPurpose.LEDGER, make=lambda: keys.KeyPair("a", "b"), now=now)
    assert other.public == "a"
    assert keys.vapid_keys(now) == vapid


def test_a_key_sealed_under_a_lost_secret_is_not_made_anew(now: datetime) -> None:
    keys.vapid_keys(now)
    SigningKey.objects.update(private="gAAAAAB-other")
    with pytest.raises(BadSeal):
        keys.vapid_keys(now)
    assert SigningKey.objects.count() == 1
