"""An object's fields, looked up by any of several names in any case; what nobody asked for stays the rest."""

from collections.abc import Callable
from typing import Any

from alerts.sources import values


class Fields:
    """Reads one JSON object. A field that was taken is not in the rest."""

    def __init__(self, obj: dict[str, Any]) -> None:
        self._obj = obj
        self._names = {name.strip().lower(): name for name in reversed(obj)}
        self._taken: set[str] = set()

    def whole(self) -> dict[str, Any]:
        """Return the object as it came."""
        return self._obj

    def peek(self, name: str) -> object:
        """Return a field without taking it; None where there is none."""
        return self._obj[self._names[name]] if name in self._names else None

    def take(self, *names: str) -> Any:
        """Return the first of these fields that says something, else None."""
        for name in names:
            value = self.peek(name)
            if value not in (None, "", [], {}):
                self._taken.add(self._names[name])
                return value
        return None

    def take_if(self, name: str, read: Callable[[object], object]) -> Any:
        """Return a field only if `read` can make something of it, so that the rest keeps what it cannot."""
        return self.take(name) if read(self.peek(name)) else None

    def rest(self) -> dict[str, Any]:
        """Return what was not taken, with the fields of `details` on one level with it."""
        given = self.take("details", "custom_details")
        left = {name: value for name, value in self._obj.items() if name not in self._taken}
        return left | values.details(given, "details")
