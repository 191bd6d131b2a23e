"""How a service's alerts go together, and its other names, by page and by API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, Team, User
from catalog.actions import update_service
from catalog.models import Grouping, Service
from lib.secrets import digest
from oncall.drafts import Refused
from oncall.models import EscalationPolicy
from tests.making import NOW, make_service

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def changed(actor: User, service: Service, **values: Any) -> Service:
    stays: dict[str, Any] = {"name": service.name, "team": service.team, "policy": service.policy}
    return update_service(actor=actor, now=NOW, service=service, **stays, **values)


def names(service: Service) -> list[str]:
    return list(service.aliases.values_list("name", flat=True))


def test_other_names_are_set_and_taken_away(owner: User, service: Service) -> None:
    changed(owner, service, aliases=["pay_prod", " Payments ", "PAY_PROD"])
    assert sorted(names(service)) == ["PAY_PROD", "Payments"]
    changed(owner, service, aliases=["Payments"])
    changed(owner, service, description="x")
    assert names(service) == ["Payments"]


def test_a_name_that_is_another_services_is_refused(
    owner: User, service: Service, team: Team, policy: EscalationPolicy
) -> None:
    other = make_service(team, policy, "Search Index")
    changed(owner, other, aliases=["find"])
    for name in ("search index", "search-index", "FIND"):
        with pytest.raises(Refused) as refused:
            changed(owner, service, aliases=[name])
        assert refused.value.field == "aliases"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"grouping": Grouping.LABELS}, "group_labels"),
        ({"group_labels": [str(n) for n in range(11)]}, "group_labels"),
        ({"group_window": timedelta(seconds=1)}, "group_window"),
        ({"aliases": [str(n) for n in range(51)]}, "aliases"),
    ],
)
def test_a_grouping_that_makes_no_sense_is_refused(
    owner: User, service: Service, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        changed(owner, service, **values)
    assert refused.value.field == field


def test_a_manager_types_labels_a_window_and_names(
    browser_of: Browser, owner: User, service: Service
) -> None:
    data = {
        "name": service.name,
        "team": service.team_id,
        "tier": "2",
        "policy": service.policy_id,
        "grouping": "labels",
        "group_labels": "region, env",
        "group_window": "30",
        "aliases": "pay_prod, pay",
    }
    browser = browser_of(owner)
    assert browser.post(f"/services/{service.slug}/edit/", data).status_code == 302
    service.refresh_from_db()
    assert (service.grouping, service.group_labels) == ("labels", ["region", "env"])
    assert (service.group_window, service.joins_parents) == (timedelta(minutes=30), False)
    assert names(service) == ["pay", "pay_prod"]
    page = browser.get(f"/services/{service.slug}/edit/").content.decode()
    assert 'value="region, env"' in page
    assert 'value="pay, pay_prod"' in page


def test_a_manager_changes_them_by_the_api_and_a_member_does_not(
    owner: User, member: User, service: Service
) -> None:
    body = {"grouping": "labels", "group_labels": ["env"], "aliases": ["pay"], "joins_parents": False}
    path = f"/api/v1/services/{service.slug}"
    assert client_of(member).patch(path, body, "application/json").status_code == 404
    told = client_of(owner).patch(path, body, "application/json").json()
    assert {name: told[name] for name in body} == body
    assert told["name"] == service.name


def client_of(user: User) -> Client:
    ApiToken.objects.create(user=user, name="ci", digest=digest(f"t{user.pk}"), created_at=timezone.now())
    return Client(headers={"Authorization": f"Bearer t{user.pk}"})
