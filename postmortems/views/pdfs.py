"""Asking for a PDF, watching it being made, and fetching it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import PersonRequest
from postmortems import actions
from postmortems.models import PdfFile
from postmortems.views.access import readable
from postmortems.views.pages import PDFS_SHOWN

LONGEST_NAME = 60


@login_required
@require_http_methods(["GET", "POST"])
def pdf(request: PersonRequest, number: int) -> HttpResponse:
    """A POST asks for a PDF (everybody who reads may); a GET says how far it is. Who leaves loses nothing."""
    postmortem = readable(request, number)
    if request.method == "POST":
        actions.request_pdf(postmortem=postmortem, actor=request.user, now=timezone.now())
    if not request.htmx:
        return redirect("postmortems:detail", number)
    actions.remind(postmortem=postmortem, now=timezone.now())
    pdfs = postmortem.pdfs.without_content()[:PDFS_SHOWN]
    return render(request, "postmortems/_pdf.html", {"postmortem": postmortem, "pdfs": pdfs})


@login_required
@require_GET
def download(request: PersonRequest, number: int, pk: int) -> HttpResponse:
    """The bytes, under a name that says what they are."""
    ready = PdfFile.objects.ready().select_related("postmortem__incident")
    found = get_object_or_404(ready, postmortem__incident_id=number, pk=pk)
    response = HttpResponse(bytes(found.content or b""), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{filename(found)}"'
    response["ETag"] = f'"{found.sha256}"'
    return response


def filename(found: PdfFile) -> str:
    """ "postmortem-42-checkout-answers-502-v7.pdf", with "draft" in it while it is one."""
    incident = found.postmortem.incident
    title = slugify(incident.title)[:LONGEST_NAME].strip("-")
    draft = "" if found.was_published else "draft"
    parts = ["postmortem", str(incident.pk), title, f"v{found.version}", draft]
    return "-".join(part for part in parts if part) + ".pdf"
