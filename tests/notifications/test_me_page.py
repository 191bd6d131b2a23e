"""My page says first whether and how a page reaches me."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from lib import panels
from lib.panels import Panel
from tests import making

As = Callable[[User], Client]


def me(client: Client) -> str:
    answer = client.get("/me/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_somebody_without_a_method_is_told_that_a_page_cannot_find_them(browser_of: As, db: None) -> None:
    page = me(browser_of(making.make_user(reachable=False)))
    assert "you have no contact method" in page
    assert 'href="/me/methods/new/"' in page


def test_somebody_with_only_unverified_methods_is_told_to_verify(browser_of: As, db: None) -> None:
    person = making.make_user(reachable=False)
    method = making.make_method(person, verified=False)
    page = me(browser_of(person))
    assert "none of your methods is verified" in page
    assert f"/me/methods/{method.pk}/verify/" in page


def test_somebody_without_rules_is_told_that_everything_is_used_at_once(browser_of: As, member: User) -> None:
    page = me(browser_of(member))
    assert "every verified method is used at once" in page
    assert "cannot find you" not in page
    assert "at once" in page


def test_the_line_in_time_shows_delays_in_order(browser_of: As, member: User) -> None:
    making.make_rule(making.make_method(member, "webhook", "https://hooks.example.test/"), 2)
    making.make_rule(member.contact_methods.order_by("id")[0])
    high = me(browser_of(member)).split('id="high"')[1].split("</ol>")[0]
    assert high.index("at once") < high.index("E-mail") < high.index("2 min") < high.index("Webhook")


def test_a_viewer_is_told_that_they_are_never_paged_and_can_still_set_things_up(
    browser_of: As, viewer: User
) -> None:
    client = browser_of(viewer)
    assert "you are never paged" in me(client)
    sent = {"address": "viewer@example.test", "label": ""}
    assert client.post("/me/methods/new/email/", sent).status_code == 302


def test_panels_of_other_apps_stand_on_my_page(browser_of: As, member: User) -> None:
    shown = Panel("probe", "Probe of mine", "components/_empty.html", lambda subject, user: {"of": subject})
    panels.register("me", shown)
    try:
        assert "Probe of mine" in me(browser_of(member))
    finally:
        del panels._panels["me"]["probe"]


def test_ten_methods_take_as_many_queries_as_one(
    browser_of: As, member: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser_of(member)
    making.make_rule(member.contact_methods.get())
    with django_assert_max_num_queries(26) as few:
        me(client)
    for n in range(9):
        making.make_rule(making.make_method(member, address=f"{n}@example.test"), n, "low")
    with django_assert_max_num_queries(len(few)):
        me(client)
