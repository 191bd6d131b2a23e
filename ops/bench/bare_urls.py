"""The one address of the yardstick."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


def view(request: HttpRequest) -> HttpResponse:
    """One round trip to the database."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        cursor.fetchone()
    return HttpResponse(b"ok", content_type="text/plain")


urlpatterns = [path("bare", view)]
