"""Names of the bells that wake senders (lib.wake)."""

OUTBOX = "outbox"
