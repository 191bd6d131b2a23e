import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from lib.signing import BadSecret, new_secret, sign

BODY = json.dumps({"type": "incident.triggered", "data": {"title": "Größe"}}).encode()


def now() -> datetime:
    return datetime.now(UTC)  # the verifying library reads the clock itself


def test_the_reference_library_accepts_what_we_sign() -> None:
    secret = new_secret()
    headers = sign([secret], "msg_1", now(), BODY)
    assert Webhook(secret).verify(BODY.decode(), headers)["type"] == "incident.triggered"


def test_it_refuses_another_body_id_or_secret() -> None:
    secret = new_secret()
    headers = sign([secret], "msg_1", now(), BODY)
    for verifier, body, sent in (
        (Webhook(secret), BODY.decode() + " ", headers),
        (Webhook(secret), BODY.decode(), headers | {"webhook-id": "msg_2"}),
        (Webhook(new_secret()), BODY.decode(), headers),
    ):
        with pytest.raises(WebhookVerificationError):
            verifier.verify(body, sent)


def test_during_a_rotation_both_secrets_verify() -> None:
    old, new = new_secret(), new_secret()
    headers = sign([new, old], "msg_1", now(), BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(BODY.decode(), headers)


def test_an_old_message_is_refused_by_its_timestamp() -> None:
    secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY.decode(), sign([secret], "m", now() - timedelta(minutes=6), BODY))


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_!!!", "whsec_" + base64.b64encode(b"x" * 23).decode(), "é"]
)
def test_a_weak_or_malformed_secret_is_refused(secret: str) -> None:
    with pytest.raises(BadSecret):
        sign([secret], "m", now(), BODY)


def test_signing_with_no_secret_is_refused() -> None:
    with pytest.raises(BadSecret):
        sign([], "m", now(), BODY)
