"""Addresses whose parts exist each, but do not belong together."""

from __future__ import annotations

from django.urls import reverse

from statuspage import actions
from tests import making
from tests.security.site import Site


def crossed(site: Site) -> list[str]:
    """For every address with two parts: the thing of one parent below another parent."""
    other, _key = making.make_integration(site.service)
    schedule = making.make_schedule(site.team, (site.member,))
    page = actions.create_page(actor=site.admin, name="Other", slug="other", now=site.now)
    return [
        reverse("alerts:event", args=[other.pk, site.event.pk]),
        reverse("alerts:event-body", args=[other.pk, site.event.pk]),
        reverse("oncall:override-withdraw", args=[schedule.pk, site.override.pk]),
        *(
            reverse(f"statuspage:{name}", args=[page.slug, site.component.pk])
            for name in ("component", "move-component", "delete-component")
        ),
        reverse("accounts:member-role", args=[site.other_team.slug, site.member.pk]),
        reverse("accounts:member-remove", args=[site.other_team.slug, site.member.pk]),
        reverse("postmortems:action-edit", args=[site.declared.pk, site.action_item.pk]),
        reverse("postmortems:action-move", args=[site.declared.pk, site.action_item.pk, "done"]),
        reverse("postmortems:mark", args=[site.declared.pk, 1]),
        reverse("postmortems:pdf-file", args=[site.declared.pk, site.pdf.pk]),
        reverse("statuspage:incident", args=[page.slug, site.public_id]),
    ]
