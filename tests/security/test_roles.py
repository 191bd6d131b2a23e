"""What a viewer, a member and the manager of another team cannot do."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.test import RequestFactory

from accounts.models import ApiToken, User
from tests import making
from tests.security.crossing import crossed
from tests.security.filling import Form
from tests.security.looking import Sight
from tests.security.routes import ADMIN, MANAGE, ON_DUTY, OWN, PUBLIC, READ, RESPOND, TEAM, routes
from tests.security.site import Site
from tests.security.watching import undone, watched

ROUTES = [route for route in routes() if not route.is_api]
REFUSED = {403, 404, 405}
SIGNED = (
    *("incidents:pages", "incidents:pages-csv", "incidents:pages-json", "notifications:ledger-key"),
    *("insights:person-ledger-csv", "insights:person-ledger-json"),
    *("incident-ledger", "operations-person-ledger", "operations-ledger-key"),
)
WRITTEN_BY_LOOKING = {
    # allauth notes the address that a person signs in by when it first shows it.
    "account_email": {"INSERT INTO account_emailaddress"},
    # The key of signed ledgers is made when it is first needed.
    **{name: {"INSERT INTO notifications_signingkey"} for name in SIGNED},
    # Asks for the file when there is none for the version that is asked for.
    "postmortem-pdf": {"INSERT INTO postmortems_pdffile"},
    # Notes what calendars have been told, and that the link is used.
    "oncall:calendar": {
        "INSERT INTO oncall_publishedshift",
        "DELETE FROM oncall_publishedshift",
        "UPDATE oncall_calendarlink",
    },
}
ASKED = {"oncall-simulate", "assertion-run"}  # questions in the body of a POST, which store nothing
LED_AWAY: list[Any] = [("get", "postmortems:start", 302, [])]  # a link that is shown to everybody


def _refusals(
    site: Site, forms: list[Form], user: User, names: set[str], allowed: set[int] = REFUSED
) -> list[Any]:
    """Every route of `names` that answers something else than a refusal to a GET or a POST of this person, or writes.

    What is posted is what its form would send for those who may, and nothing at all.
    """
    browser, wrong = site.browser(user), []
    for route in ROUTES:
        if route.key not in names:
            continue
        path = route.path(site)
        posts: list[dict[str, Any]] = [{}, *(form.data for form in forms if form.action == path)]
        for data in posts:
            with watched() as watch, undone():
                answer = browser.post(path, data)
            if answer.status_code not in allowed or watch.writes:
                wrong.append(("post", route.name, answer.status_code, watch.writes))
        with watched() as watch, undone():
            answer = browser.get(path)
        if answer.status_code not in allowed or watch.writes:
            wrong.append(("get", route.name, answer.status_code, watch.writes))
    return wrong


def test_a_viewer_changes_nothing(site: Site, forms: list[Form]) -> None:
    everything = RESPOND | ON_DUTY | TEAM | MANAGE | ADMIN
    refused = [each for each in _refusals(site, forms, site.viewer, everything) if each not in LED_AWAY]
    assert refused == []


def test_pages_for_reading_take_no_posts(site: Site) -> None:
    """The one exception asks for a file of what the person may read anyway."""
    browser = site.browser(site.admin)
    for route in ROUTES:
        if route.key in READ - {"postmortems:pdf"}:
            with watched() as watch, undone():
                answer = browser.post(route.path(site), {"do": "save"})
            assert answer.status_code == 405, route.name
            assert not watch.writes, route.name


def test_looking_writes_nothing(sights: list[Sight]) -> None:
    """A GET that changed something could be sent from any site, and by any scanner."""
    for sight in sights:
        assert set(sight.writes) <= WRITTEN_BY_LOOKING.get(sight.route.key, set()), (str(sight), sight.writes)


def test_a_manager_of_another_team_changes_nothing_of_this_one(site: Site, forms: list[Form]) -> None:
    assert _refusals(site, forms, site.stranger, TEAM | ON_DUTY, {404, 405}) == []


def test_a_manager_is_no_admin(site: Site, forms: list[Form]) -> None:
    assert _refusals(site, forms, site.owner, ADMIN, {404, 405}) == []


def test_a_member_changes_nothing_that_is_the_managers(site: Site, forms: list[Form]) -> None:
    assert _refusals(site, forms, site.member, TEAM | MANAGE | ADMIN, {404, 405}) == []


def test_nobody_changes_what_is_somebody_elses_own(site: Site, forms: list[Form]) -> None:
    """Contact methods, rules and tokens: not even an admin sees them, but for revoking tokens and calendar links."""
    own = {route.key for route in ROUTES if route.key in OWN and route.parts}
    # They were paged too, so they say what they think of it themselves.
    own -= {"notifications:method-new", "notifications:rule-add", "incidents:verdict"}
    assert _refusals(site, forms, site.member, own, {404, 405}) == []
    assert (
        _refusals(
            site,
            forms,
            site.admin,
            own - {"accounts:token-revoke", "oncall:calendar-link-revoke"},
            {404, 405},
        )
        == []
    )


def test_nothing_is_editable_in_djangos_admin(site: Site) -> None:
    """Also what libraries register there."""
    request = RequestFactory().get("/admin/")
    request.user = site.admin
    for model, page in admin.site._registry.items():
        may = page.get_model_perms(request)
        assert may == {"add": False, "change": False, "delete": False, "view": True}, model


def test_an_admin_only_looks_in_djangos_admin(site: Site) -> None:
    browser = site.browser(site.admin)
    for route in ROUTES:
        if not route.is_admin or route.name in ("admin:login", "admin:logout"):
            continue
        with watched() as watch, undone():
            browser.post(
                route.path(site), {"action": "delete_selected", "_selected_action": "1", "post": "yes"}
            )
        assert not watch.writes, (route.name, watch.writes)


def test_only_admins_come_into_djangos_admin(site: Site) -> None:
    browser = site.browser(site.owner)
    for route in ROUTES:
        if route.is_admin and route.key not in PUBLIC:
            with undone():
                assert browser.get(route.path(site)).status_code in (302, 403, 404), route.name


def test_who_left_is_signed_out_and_their_tokens_end(site: Site) -> None:
    browser = site.browser(site.owner)
    bearer = {"Authorization": f"Bearer {site.token_text}"}
    assert browser.get("/").status_code == 200
    assert site.browser(None).get("/api/v1/incidents", headers=bearer).status_code == 200
    User.objects.filter(pk=site.owner.pk).update(is_active=False)
    assert browser.get("/").status_code == 302
    assert site.browser(None).get("/api/v1/incidents", headers=bearer).status_code == 401


def test_a_thing_is_not_reached_through_another_parent(site: Site) -> None:
    """The ids in one address belong together."""
    browser, wrong = site.browser(site.admin), []
    for path in crossed(site):
        for method in ("get", "post"):
            with watched() as watch, undone():
                answer = getattr(browser, method)(path)
            if answer.status_code not in (404, 405) or watch.writes:
                wrong.append((method, path, answer.status_code))
    assert not wrong, wrong


def test_the_api_lets_a_viewer_and_a_read_only_token_read_alone(site: Site) -> None:
    ApiToken.objects.filter(pk=site.token.pk).update(read_only=True)
    bearer = site.browser(None, headers={"Authorization": f"Bearer {site.token_text}"})
    for browser in (site.browser(site.viewer), bearer):
        for route in routes():
            if not route.is_api or route.key in PUBLIC:
                continue
            for method in ("post", "put", "patch", "delete"):
                with watched() as watch, undone():
                    answer = getattr(browser, method)(route.path(site), "{}", content_type="application/json")
                allowed = (200, 400, 403, 405) if route.key in ASKED else (403, 404, 405)
                assert answer.status_code in allowed, (method, route.key, answer.status_code)
                # That a token was used is noted beside it.
                written = set(watch.writes) - {"UPDATE accounts_apitoken"}
                assert not written, (method, route.key, written)


def test_a_form_takes_no_thing_of_another_team(site: Site) -> None:
    """The manager of Search names, by its id, what is Payments'."""
    own = making.make_schedule(site.other_team, (site.stranger,), name="Search primary")
    policy = making.make_policy(site.other_team, (own,), fallback=(site.stranger,))
    service = making.make_service(site.other_team, policy, "Search")
    usable = site.owner.contact_methods.earliest("id")
    wanted = {"name": "Mine now", "tier": "3", "grouping": "service", "policy": str(policy.pk)}
    theirs = str(site.team.pk)
    tried: list[tuple[str, dict[str, str]]] = [
        ("/services/new/", {**wanted, "team": theirs}),
        (f"/services/{service.slug}/edit/", {**wanted, "team": theirs}),
        (
            "/oncall/schedules/new/",
            {"do": "save", "team": theirs, "name": "x", "time_zone": "UTC", **_layer(site)},
        ),
        ("/oncall/policies/new/", {"do": "save", "team": theirs, "name": "x", "repeats": "0", **_step(site)}),
        ("/integrations/new/generic/", {"service": str(site.service.pk), "name": "x"}),
        ("/heartbeats/new/", {"service": str(site.service.pk), "name": "x", **_beat()}),
        ("/me/rules/high/", {"high-method": str(usable.pk), "high-minutes": "3"}),
        (f"/me/methods/{usable.pk}/remove/", {"without": "1"}),
        (f"/settings/tokens/{site.token.pk}/revoke/", {}),
        (f"/oncall/schedules/{own.pk}/overrides/{site.override.pk}/withdraw/", {}),
    ]
    browser = site.browser(site.stranger)
    for path, data in tried:
        with watched() as watch, undone():
            answer = browser.post(path, data)
        assert answer.status_code in (200, 404), (path, answer.status_code)
        assert not watch.writes, (path, watch.writes)


def test_the_same_forms_take_what_is_ones_own(site: Site) -> None:
    """Guards the test above: it is the other team's id alone that is refused."""
    browser, mine = site.browser(site.owner), {"team": str(site.team.pk)}
    for path, data in (
        ("/oncall/schedules/new/", {"do": "save", "name": "x", "time_zone": "UTC", **_layer(site), **mine}),
        ("/oncall/policies/new/", {"do": "save", "name": "x", "repeats": "0", **_step(site), **mine}),
    ):
        with undone():
            assert browser.post(path, data).status_code == 302, path


def _beat() -> dict[str, str]:
    return {"rhythm": "period", "period": "1 h", "zone": "UTC", "grace": "5 min", "severity": "error"}


def _layer(site: Site) -> dict[str, str]:
    return {
        "layer-count": "1",
        "layer-0-people": str(site.stranger.pk),
        "layer-0-first_date": "2026-01-05",
        "layer-0-first_time": "09:00",
        "layer-0-turn_length": "1",
        "layer-0-turn_unit": "weeks",
    }


def _step(site: Site) -> dict[str, str]:
    return {
        "step-count": "1",
        "step-0-delay": "5",
        "step-0-targets": f"user:{site.stranger.pk}",
        "end-0-fallback": str(site.stranger.pk),
        "end-count": "1",
        "on_empty": "skip",
        "binding": "frozen",
    }


def test_the_forms_that_are_tried_are_those_of_the_pages(site: Site, forms: list[Form]) -> None:
    """Guards the tests above: a form that is not found is not tried."""
    assert len(forms) > 40
    assert {"/incidents/declare/", f"/services/{site.service.slug}/edit/"} <= {form.action for form in forms}
