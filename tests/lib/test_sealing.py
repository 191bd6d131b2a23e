import pytest
from pytest_django.fixtures import Settings

from lib.sealing import BadSeal, seal, unseal


def test_what_was_sealed_comes_back_and_does_not_show() -> None:
    token = seal("whsec_ä")
    assert unseal(token) == "whsec_ä"
    assert "whsec" not in token
    assert seal("whsec_ä") != token


def test_a_changed_token_does_not_open() -> None:
    token = seal("secret")
    for bad in (token[:-4] + "AAA=", token[1:], "", "é", "not a token"):
        with pytest.raises(BadSeal):
            unseal(bad)


def test_after_a_rotation_old_seals_open_until_the_fallback_goes(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old", []
    token = seal("secret")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert unseal(token) == "secret"
    fresh = seal("secret")
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(fresh) == "secret"
    with pytest.raises(BadSeal):
        unseal(token)
