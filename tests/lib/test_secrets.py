import re

from pytest_django.fixtures import Settings

from lib import secrets


def test_a_token_carries_its_prefix_and_enough_randomness() -> None:
    tokens = {secrets.new_token("tcs") for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"tcs_[A-Za-z0-9_-]{32}", token) for token in tokens)  # 32 × 6 = 192 bits


def test_a_key_is_what_pagerduty_clients_accept() -> None:
    assert re.fullmatch("[0-9a-f]{32}", secrets.new_key())
    assert secrets.new_key() != secrets.new_key()


def test_a_digest_is_sha256_and_never_the_token() -> None:
    assert secrets.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert secrets.digest("\ud800") != secrets.digest("\ud801")


def test_a_code_has_six_digits() -> None:
    assert all(re.fullmatch("[0-9]{6}", secrets.new_code()) for _ in range(200))


def test_a_code_digest_depends_on_code_salt_and_key(settings: Settings) -> None:
    settings.SECRET_KEY = "one"
    first = secrets.code_digest("123456", "7")
    assert first == secrets.code_digest("123456", "7")
    assert first != secrets.code_digest("123457", "7")
    assert first != secrets.code_digest("123456", "8")
    assert secrets.code_digest("23456", "71") != first
    settings.SECRET_KEY = "two"
    assert secrets.code_digest("123456", "7") != first


def test_equal_compares_any_text() -> None:
    assert secrets.equal("é", "é")
    assert not secrets.equal("é", "e")
    assert not secrets.equal("a", "ab")
    assert secrets.equal("\ud800", "\ud800")
