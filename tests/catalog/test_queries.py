"""Whom a service pages, and how it is."""

from collections.abc import Collection, Iterator, Mapping

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from catalog import queries
from catalog.models import Service
from catalog.queries import Health, health_of, on_call_for, register_health
from tests.making import NOW, make_policy, make_schedule, make_service, make_team


@pytest.fixture
def _own_health() -> Iterator[None]:
    kept = list(queries._sources)
    yield
    queries._sources[:] = kept


@pytest.mark.usefixtures("_own_health")
def test_health_comes_from_whoever_registered() -> None:
    def source(service_ids: Collection[int]) -> Mapping[int, tuple[int, str]]:
        return {each: (2, "major_outage") for each in service_ids if each == 7}

    register_health(source)
    assert health_of([7, 8]) == {7: Health(2, "major_outage"), 8: Health(0, "operational")}


@pytest.mark.parametrize("number", [1, 20])
def test_whom_services_page_first_costs_the_same_for_many(
    owner: User, member: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    services = []
    for _ in range(number):
        team = make_team()
        policy = make_policy(team, (make_schedule(team, (member,)),), (owner,), fallback=(owner,))
        services.append(make_service(team, policy))
    with django_assert_num_queries(12):
        found = on_call_for(services, NOW)
    assert found == {each.pk: (member,) for each in services}


def test_an_empty_first_step_shows_the_next_and_an_empty_policy_its_fallback(
    owner: User, member: User, team: Team
) -> None:
    nobody = make_schedule(team, ())
    second = make_service(team, make_policy(team, (nobody,), (member,), fallback=(owner,)))
    last = make_service(team, make_policy(team, (nobody,), fallback=(owner,)))
    assert on_call_for([second, last], NOW) == {second.pk: (member,), last.pk: (owner,)}


def test_a_service_whose_people_have_all_left_pages_nobody(
    service: Service, owner: User, member: User
) -> None:
    for person in (owner, member):
        person.is_active = False
        person.save(update_fields=["is_active"])
    assert on_call_for([service], NOW) == {service.pk: ()}
