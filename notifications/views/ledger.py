"""The key that exports of the ledger are checked with, and how such an export is sent."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from notifications.ledger import files, signing
from notifications.ledger.documents import Document

TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


@require_safe
def ledger_key(request: HttpRequest) -> HttpResponse:
    """The public key as PEM, for whoever holds an export and has no account here."""
    pem = signing.pem_of(signing.public_key())
    return HttpResponse(pem, content_type="application/x-pem-file")


def attachment(document: Document, ending: str) -> HttpResponse:
    """The signed file, "json" or "csv", to be saved."""
    make = files.as_csv if ending == "csv" else files.as_json
    answer = HttpResponse(make(document), content_type=TYPES[ending])
    name = f"ledger-{document['about'].replace(':', '-')}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
