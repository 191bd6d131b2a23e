"""What `bootstrap` shows once and a launcher keeps: API token, integrations' keys, status page."""

from typing import Any

from ops.layout import Layout, read_json, write_json


def keep_shown(layout: Layout, shown: dict[str, Any], url: str) -> dict[str, Any]:
    """Add what `bootstrap` just showed to what it showed before, store it, and return the whole.

    Addresses follow `url`, the installation's address of today: a later start may be on another port.
    """
    kept = read_json(layout.secrets)
    before = _moved(kept.get("shown", {}), kept.get("url", url), url)
    whole: dict[str, Any] = _merged(before, shown)
    write_json(layout.secrets, kept | {"shown": whole, "url": url})
    return whole


def _merged(before: Any, now: Any) -> Any:
    """Take every value that is there now, and the former one where there is none now."""
    if isinstance(before, dict) and isinstance(now, dict):
        return before | {name: _merged(before.get(name), value) for name, value in now.items()}
    return before if now in (None, "") else now


def _moved(value: Any, old: str, new: str) -> Any:
    """Replace the address `old` at the start of every string."""
    if isinstance(value, dict):
        return {name: _moved(inner, old, new) for name, inner in value.items()}
    if isinstance(value, str) and value.startswith(old):
        return new + value[len(old) :]
    return value
