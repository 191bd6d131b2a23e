"""CloudEvents 1.0 over HTTP: structured, binary and batched, with the webhook profile's handshake."""
