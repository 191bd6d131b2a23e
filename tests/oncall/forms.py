"""A page's form, sent as a browser without script would send it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.http import QueryDict
from django.test import Client


class Form(HTMLParser):
    """What a browser would send of the form on the page: read from the page, so that nothing can be left out."""

    def __init__(self, text: str, id: str = "schedule-form") -> None:
        super().__init__()
        self.data, self._id, self._inside, self._select, self._area = (
            QueryDict(mutable=True),
            id,
            False,
            "",
            "",
        )
        self._options: list[tuple[str, bool]] = []
        self.buttons: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._inside = not self._id or values.get("id") == self._id
        name = values.get("name", "")
        if not self._inside:
            return
        if tag == "button" and name == "do":
            self.buttons.append(values["value"])
        if tag == "select":
            self._select, self._options = name, []
        if tag == "option":
            self._options.append((values.get("value", ""), "selected" in values))
        if tag == "textarea":
            self._area = name
            self.data.appendlist(name, "")
        if (
            tag == "input"
            and name
            and (values.get("type") not in {"checkbox", "radio"} or "checked" in values)
        ):
            default = "on" if values.get("type") == "checkbox" else ""
            self.data.appendlist(name, values.get("value", default))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.data.setlist(self._area, [*self.data.getlist(self._area)[:-1], data.strip()])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if tag == "textarea":
            self._area = ""
        if tag == "select" and self._inside and self._options:
            chosen = [value for value, selected in self._options if selected] or [self._options[0][0]]
            self.data.appendlist(self._select, chosen[-1])

    def pressed(self, button: str, **values: Any) -> QueryDict:
        """The form with that button, and with some of it typed anew."""
        data = self.data.copy()
        for key, value in {**values, "do": button}.items():
            listed = value if isinstance(value, list) else [value]
            data.setlist(key.replace("__", "-"), [str(each) for each in listed])
        return data


def press(browser: Client, data: QueryDict, path: str) -> Any:
    """Post the form; answers what the test client does, with its context."""
    return browser.post(path, data.urlencode(), content_type="application/x-www-form-urlencoded")
