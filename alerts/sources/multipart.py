"""The text fields of a posted form, urlencoded or in parts; of files only the names are kept."""

from __future__ import annotations

import io
from dataclasses import dataclass

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from alerts.sources.base import Arrived
from lib.jsonbody import BadBody
from lib.text import one_line

URLENCODED, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
MOST_FILES = 50


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds. Of a field that comes twice the last counts; NUL is removed, since Postgres stores none."""

    fields: dict[str, str]
    files: tuple[str, ...] = ()


class _Names(FileUploadHandler):
    """Keeps the names of files and none of their contents."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def new_file(self, *args: object, **kwargs: object) -> None:
        if len(self.found) < MOST_FILES:
            self.found.append(one_line(args[1], 200))
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def is_form(arrived: Arrived) -> bool:
    """Whether the body says that it is a form. One that begins like a JSON object is none, whatever it says."""
    said = media_type(arrived)
    return said == PARTS or (said == URLENCODED and not arrived.body.lstrip().startswith(b"{"))


def media_type(arrived: Arrived) -> str:
    """The media type of the body, lower case and without parameters."""
    return arrived.headers.get("content-type", "").partition(";")[0].strip().lower()


def form_of(arrived: Arrived) -> Form:
    """Read the form; raises BadBody where it is none."""
    names = _Names()
    try:
        posted = _posted(arrived, names)
    except (MultiPartParserError, SuspiciousOperation, ValueError, LookupError) as error:
        raise BadBody(f"The form cannot be read: {one_line(error, 200)}") from error
    fields = {_text(name): _text(posted[name]) for name in posted if isinstance(posted[name], str)}
    return Form(fields, tuple(names.found))


def _posted(arrived: Arrived, names: _Names) -> QueryDict:
    if media_type(arrived) != PARTS:
        return QueryDict(arrived.body, encoding="utf-8")
    meta = {
        "CONTENT_TYPE": arrived.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(arrived.body)),
    }
    return MultiPartParser(meta, io.BytesIO(arrived.body), [names], "utf-8").parse()[0]


def _text(value: object) -> str:
    return str(value).replace("\x00", "").encode("utf-8", "replace").decode()
