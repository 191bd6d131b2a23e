"""On the incident's page: where customers see it, and what they read."""

from __future__ import annotations

from django.template.loader import render_to_string

from accounts.models import User
from incidents.models import Incident
from lib import panels
from statuspage import actions
from statuspage.models import Component
from tests.statuspage.conftest import Tell


def shown(incident: Incident, user: User) -> str:
    """The panel as the incident's page includes it; empty when it has nothing to say."""
    found = [one for one in panels.filled("incident", incident, user) if one.panel.name == "statuspage"]
    return "".join(render_to_string(one.panel.template, {"panel": one.context}) for one in found)


def test_it_says_that_customers_read_nothing_yet(
    component: Component, incident: Incident, owner: User
) -> None:
    text = shown(incident, owner)
    assert "Customers read nothing of this yet" in text
    assert 'href="/status/acme/"' in text
    assert "Checkout" in text


def test_it_shows_what_customers_read_now(
    component: Component, incident: Incident, tell: Tell, owner: User
) -> None:
    tell("investigating", body="First.")
    tell("identified", body="A disk is full.")
    text = shown(incident, owner)
    assert "A disk is full." in text
    assert "First." not in text
    assert 'href="/status/acme/incidents/' in text


def test_it_is_silent_where_no_component_stands_for_the_service(
    incident: Incident, tell: Tell, owner: User
) -> None:
    assert shown(incident, owner) == ""


def test_it_is_silent_about_drills(component: Component, incident: Incident, owner: User) -> None:
    incident.is_drill = True
    assert shown(incident, owner) == ""


def test_a_component_taken_off_the_page_leaves_it(
    component: Component, incident: Incident, owner: User
) -> None:
    actions.delete_component(actor=owner, component=component, now=component.created_at)
    assert shown(incident, owner) == ""
