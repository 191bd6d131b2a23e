"""What a folder in alerts/sources offers to the rest: a Kind, under the name KIND in its kind.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from alerts.sources.base import Gate, Reader, Sample


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of integration. `path` is what its set-up page shows as the address; it holds `{key}` where the address
    is what proves the sender. `readers` are by endpoint; `sample` makes the body of a trigger. `secret` is what the
    field is called in which a person enters what the tool signs with, empty where it signs nothing. `file` names a file
    beside setup.html that the tool imports; @URL@ in it becomes the address as a JSON string. `more` makes what else
    setup.html shows, given the address and the key."""

    name: str
    label: str | Promise
    about: str | Promise
    path: str
    gates: tuple[Gate, ...]
    readers: Mapping[str, Reader]
    sample: Sample
    secret: str | Promise = ""
    file: str = ""
    more: Callable[[str, str], Mapping[str, object]] | None = None

    def address(self, base_url: str, key: str) -> str:
        """Return the URL that a tool posts to, under the installation's own `base_url`."""
        return base_url.rstrip("/") + self.path.format(key=key)
