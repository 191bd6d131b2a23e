"""What can be stored about services, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from catalog.actions import (
    NewChange,
    archive_service,
    create_service,
    record_changes,
    restore_service,
    update_service,
)
from catalog.models import Change, Grouping, Service, Tier
from oncall.drafts import Refused
from oncall.models import EscalationPolicy
from tests.making import NOW, make_service

ONE_MINUTE = timedelta(minutes=1)


def make(owner: User, team: Team, policy: EscalationPolicy, **values: Any) -> Service:
    values = {"name": "Checkout", **values}
    return create_service(actor=owner, now=NOW, team=team, policy=policy, **values)


def change(owner: User, service: Service, *depends_on: Service, **values: Any) -> Service:
    values = {"name": service.name, "team": service.team, "policy": service.policy, **values}
    return update_service(actor=owner, now=NOW, service=service, depends_on=depends_on, **values)


def test_a_service_gets_a_slug_of_its_own(owner: User, team: Team, policy: EscalationPolicy) -> None:
    names = ["Payments API", "Payments-API", "New", "支払い", "支払い 2"]
    slugs = [make(owner, team, policy, name=name).slug for name in names]
    assert slugs == ["payments-api", "payments-api-2", "new-2", "service", "2"]


def test_a_service_keeps_its_slug_when_it_is_renamed(owner: User, service: Service) -> None:
    changed = change(
        owner, service, name="Ledger", tier=Tier.INTERNAL, grouping=Grouping.ALERT, auto_resolve=False
    )
    assert (changed.name, changed.slug, changed.tier) == ("Ledger", "payments-api", Tier.INTERNAL)
    assert (changed.grouping, changed.auto_resolve) == (Grouping.ALERT, False)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "Payments API"}, "name"),
        ({"description": "x" * 301}, "description"),
        ({"tier": 9}, "tier"),
        ({"grouping": "heap"}, "grouping"),
        ({"runbook_url": "javascript:alert(1)"}, "runbook_url"),
        ({"runbook_url": "ftp://example.test/"}, "runbook_url"),
        ({"runbook_url": "https://example.test/" + "x" * 500}, "runbook_url"),
    ],
)
def test_bad_values_are_refused_with_their_field(
    owner: User, service: Service, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as caught:
        make(owner, service.team, service.policy, **values)
    assert caught.value.field == field
    assert Service.objects.count() == 1


def test_a_circle_of_dependencies_is_refused_with_the_way_round_it(
    owner: User, team: Team, policy: EscalationPolicy
) -> None:
    web, api, store = (make_service(team, policy, name) for name in ("Web", "API", "Store"))
    change(owner, web, api)
    change(owner, api, store)
    with pytest.raises(Refused, match="Store → Web → API → Store") as caught:
        change(owner, store, web)
    assert caught.value.field == "depends_on"
    with pytest.raises(Refused, match="on itself"):
        change(owner, store, store)
    assert not store.depends_on.exists()
    change(owner, web, api, store)


def test_a_refused_change_stores_nothing(owner: User, team: Team, policy: EscalationPolicy) -> None:
    web, api = make_service(team, policy, "Web"), make_service(team, policy, "API")
    change(owner, web, api)
    with pytest.raises(Refused):
        change(owner, api, web, name="Renamed")
    api.refresh_from_db()
    assert api.name == "API"


def test_an_archived_service_comes_back(owner: User, service: Service) -> None:
    archive_service(actor=owner, now=NOW, service=service)
    archive_service(actor=owner, now=NOW + ONE_MINUTE, service=service)
    service.refresh_from_db()
    assert service.archived_at == NOW
    assert not Service.objects.live().exists()
    restore_service(actor=owner, now=NOW, service=service)
    assert Service.objects.live().get() == service


def test_changes_are_stored_in_one_statement_and_cut_to_size(
    service: Service, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    earlier = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
    rows = [
        NewChange(service.pk, "Deploy\0 1418", earlier, links=[{"href": "https://ci.example.test/1418"}]),
        NewChange(service.pk, "x" * 10_000, earlier, source="y" * 1_000),
        NewChange(service.pk, "", earlier),
    ]
    with django_assert_num_queries(1):
        record_changes(rows=rows, now=NOW)
    stored = Change.objects.order_by("id")
    assert [len(each.summary) for each in stored] == [11, 1024, 1]
    assert stored[0].links == [{"href": "https://ci.example.test/1418", "text": ""}]
    assert {each.recorded_at for each in stored} == {NOW}
