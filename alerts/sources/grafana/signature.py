"""Grafana's HMAC: hex SHA-256 of the body, or of "<unix time>:<body>" where a header carries that time.

Source: grafana/alerting, http/hmac.go. Both headers' names can be set in Grafana; ours are the options
`signature_header` and `timestamp_header`. Where the latter is set, a request without it is refused.
"""

from __future__ import annotations

import time

from alerts.sources.base import Arrived, Door, Rejected
from alerts.sources.signed import hmac_fits, require

SIGNATURE = "x-grafana-alerting-signature"
TIMESTAMP = "x-grafana-alerting-timestamp"
SKEW = 300  # seconds that the sender's clock may be off, and an overheard request stays good


def verify(arrived: Arrived, door: Door) -> None:
    """Raise Rejected (401) unless the request is signed with the integration's secret, if it has one."""
    if not door.secret:
        return
    signature = arrived.headers.get(_header(door, "signature_header", SIGNATURE), "")
    stamp = arrived.headers.get(_header(door, "timestamp_header", TIMESTAMP), "")
    if stamp or door.options.get("timestamp_header"):
        _check_fresh(stamp)
    text = f"{stamp}:".encode() + arrived.body if stamp else arrived.body
    require(signature, hmac_fits(door.secret, text, signature))


def _header(door: Door, option: str, default: str) -> str:
    return str(door.options.get(option) or default).lower()


def _check_fresh(stamp: str) -> None:
    fits = stamp.isascii() and stamp.isdigit() and len(stamp) <= 12
    if not fits or abs(time.time() - int(stamp)) > SKEW:
        raise Rejected(f"The signature's time is missing, or more than {SKEW} seconds off.", status=401)
