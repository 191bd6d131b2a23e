"""Every route of the installation, and who may do what there.

A route that stands in no group, or whose address cannot be filled from the table, fails the tests: whoever adds a page
says here whom it is for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver, reverse

if TYPE_CHECKING:
    from tests.security.site import Site


@dataclass(frozen=True, slots=True)
class Route:
    """A pattern of the URLconf: its full name, and the names of the parts that vary."""

    name: str
    parts: frozenset[str]
    pattern: str
    key: str = ""
    """What the tables call it: its name, with "(new)" where a page without an id shares it."""

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/")

    @property
    def is_admin(self) -> bool:
        return self.pattern.startswith("admin/")

    def path(self, site: Site) -> str:
        """The address, filled with things of `site`; KeyError where the table has no line for it."""
        if self.name == "":
            return "/api/v1/no-such-thing"
        return reverse(self.name, kwargs=filled(self, site))


def routes() -> list[Route]:
    """All of them, Django's admin and allauth's pages too."""
    found = list(_walk(get_resolver(), (), "", frozenset()))
    named = Counter(route.name for route in found)
    return [replace(route, key=_key(route, named)) for route in found]


def _key(route: Route, named: Counter[str]) -> str:
    is_new = route.name and named[route.name] > 1 and not route.parts and not route.is_admin
    return f"{route.name} (new)" if is_new else route.name


def _walk(
    resolver: URLResolver, spaces: tuple[str, ...], before: str, parts: frozenset[str]
) -> Iterator[Route]:
    for each in resolver.url_patterns:
        own = parts | frozenset(each.pattern.regex.groupindex) | frozenset(each.pattern.converters)
        pattern = before + str(each.pattern)
        if isinstance(each, URLPattern):
            name = ":".join((*spaces, each.name)) if each.name else ""
            yield Route(name, own, pattern)
        else:
            inside = (*spaces, each.namespace) if each.namespace else spaces
            yield from _walk(each, inside, pattern, own)


def filled(route: Route, site: Site) -> dict[str, Any]:
    """The varying parts of the address."""
    if not route.parts:
        return {}
    if route.is_admin:
        return {part: ADMIN_PARTS[part] for part in route.parts} | _row(route)
    return {part: value(site) if callable(value) else value for part, value in FILLED[route.name].items()}


def _row(route: Route) -> dict[str, Any]:
    """The first row that the page of Django's admin is about."""
    if "object_id" not in route.parts or route.name == "admin:view_on_site":
        return {}
    app, model = route.name.removeprefix("admin:").split("_")[:2]
    first = apps.get_model(app, model)._base_manager.order_by("pk").first()
    assert first, f"there is no {model} in tests/security/site.py"
    return {"object_id": first.pk}


ADMIN_PARTS: dict[str, object] = {
    "object_id": "1",
    "content_type_id": 1,
    "app_label": "accounts",
    "url": "no-such-page",
}

_open = {"number": lambda site: site.triaged.pk}
_declared = {"number": lambda site: site.declared.pk}
_reviewed = {"number": lambda site: site.reviewed.pk}
_team = {"slug": lambda site: site.team.slug}
_member = {**_team, "pk": lambda site: site.member.pk}
_service = {"slug": lambda site: site.service.slug}
_schedule = {"pk": lambda site: site.schedule.pk}
_cover = {"pk": lambda site: site.cover.pk}
_drill = {"pk": lambda site: site.drill.pk}
_absence = {"pk": lambda site: site.absence.pk}
_feed = {"pk": lambda site: site.feed.pk}
_assertion = {"pk": lambda site: site.assertion.pk}
_note = {"pk": lambda site: site.note.pk}
_policy = {"pk": lambda site: site.policy.pk}
_integration = {"pk": lambda site: site.integration.pk}
_event = {**_integration, "event_pk": lambda site: site.event.pk}
_heartbeat = {"pk": lambda site: site.heartbeat.pk}
_alert = {"pk": lambda site: site.alert.pk}
_route = {"pk": lambda site: site.route.pk}
_mute = {"pk": lambda site: site.mute.pk}
_method = {"pk": lambda site: site.method.pk}
_rule = {"pk": lambda site: site.rule.pk}
_person = {"pk": lambda site: site.invited.pk}
_item = {**_reviewed, "pk": lambda site: site.action_item.pk}
_page = {"slug": lambda site: site.page.slug}
_component = {**_page, "pk": lambda site: site.component.pk}
_api = {"pk": lambda site: site.triaged.pk}
_api_reviewed = {"pk": lambda site: site.reviewed.pk}
_button = {"token": lambda site: site.ack_token, "verb": "acknowledge"}
_reported = {"token": lambda site: site.ack_token}
_in_call = {**_reported, "number": 1}

FILLED: dict[str, dict[str, Any]] = {
    "incidents:ack-link": {"token": lambda site: site.ack_token},
    **dict.fromkeys(("notifications:ntfy-pressed", "notifications:mattermost-pressed"), _button),
    **dict.fromkeys(("notifications:voice-call", "notifications:voice-digit"), _in_call),
    **dict.fromkeys(("notifications:sms-status", "notifications:voice-status"), _reported),
    "notifications:sms-gateway": {"secret": "not-the-secret-of-this-one"},
    **dict.fromkeys(
        [
            *(f"incidents:{name}" for name in ("detail", "live", "pages", "edit", "note", "role")),
            *("incidents:pages-csv", "incidents:pages-json"),
            *(f"incidents:{name}" for name in ("update", "acknowledge", "declare-it", "escalate", "verdict")),
            *("alerts:incident-alerts", "alerts:incident-panel"),
            *("alerts:incident-merge", "alerts:incident-split"),
        ],
        _open,
    ),
    "incidents:page-again": _declared,
    "incidents:rooms-of-service": _service,
    "incidents:rooms-of-team": _team,
    "incidents:room-test": {"pk": lambda site: site.room.pk},
    "incidents:room-remove": {"pk": lambda site: site.room.pk},
    "incidents:move": {**_declared, "verb": "mitigate"},
    **dict.fromkeys(("oncall:schedule", "oncall:schedule-edit", "oncall:schedule-delete"), _schedule),
    **dict.fromkeys(("oncall:schedule-preview", "oncall:schedule-undo", "oncall:override-new"), _schedule),
    "oncall:override-withdraw": {**_schedule, "override_pk": lambda site: site.override.pk},
    **dict.fromkeys(
        ("oncall:policy", "oncall:policy-edit", "oncall:policy-delete", "oncall:policy-undo"), _policy
    ),
    **dict.fromkeys((f"oncall:cover{verb}" for verb in ("", "-accept", "-decline", "-withdraw")), _cover),
    **dict.fromkeys(("oncall:absence-edit", "oncall:absence-withdraw"), _absence),
    **dict.fromkeys(("oncall:drill", "oncall:drill-stop", "oncall:drill-acknowledge"), _drill),
    "oncall:drill-plan-delete": {"pk": lambda site: site.drill_plan.pk},
    "oncall:calendar": {"token": lambda site: site.calendar_secret},
    "oncall:calendar-link-revoke": {"pk": lambda site: site.calendar_link.pk},
    **dict.fromkeys(("oncall:feed", "oncall:feed-refresh", "oncall:feed-remove"), _feed),
    **dict.fromkeys(("insights:handoff", "insights:handoff-remark"), _note),
    **dict.fromkeys((f"insights:assertion{verb}" for verb in ("", "-edit", "-delete")), _assertion),
    **dict.fromkeys(("catalog:service", "catalog:service-edit"), _service),
    **dict.fromkeys(("catalog:service-archive", "catalog:service-restore"), _service),
    **dict.fromkeys(("insights:person-ledger-csv", "insights:person-ledger-json"), _person),
    "operations-person-ledger": {"person": lambda site: site.owner.pk},
    **dict.fromkeys(("accounts:person", "accounts:person-edit", "notifications:invite-again"), _person),
    **dict.fromkeys(("accounts:team", "accounts:team-edit", "accounts:member-add"), _team),
    **dict.fromkeys(("accounts:member-role", "accounts:member-remove"), _member),
    "accounts:token-revoke": {"pk": lambda site: site.token.pk},
    "notifications:method-new": {"name": "webhook"},
    **dict.fromkeys(
        [f"notifications:method-{name}" for name in ("verify", "code", "test", "remove", "throttle")], _method
    ),
    "notifications:rule-add": {"urgency": "low"},
    **{name: {"name": "slack"} for name in ("notifications:provider", "notifications:provider-remove")},
    **dict.fromkeys(("notifications:rule-move", "notifications:rule-remove"), _rule),
    "notifications:welcome": {
        "uid": lambda site: site.invitation[0],
        "token": lambda site: site.invitation[1],
    },
    **dict.fromkeys(
        [
            *("alerts:integration", "alerts:integration-came", "alerts:integration-settings"),
            *("alerts:integration-renew", "alerts:integration-disable", "alerts:integration-enable"),
            *("alerts:integration-test", "alerts:integration-fire", "alerts:integration-file"),
            *(
                "alerts:integration-mapping",
                "alerts:integration-mapping-preview",
                "alerts:integration-replay",
            ),
        ],
        _integration,
    ),
    "alerts:integration-new": {"kind": "generic"},
    "alerts:heartbeat-behind": _integration,
    **dict.fromkeys(("alerts:integration-routes", "alerts:route-new-of"), _integration),
    **dict.fromkeys(
        (f"alerts:route-{verb}" for verb in ("edit", "move", "enable", "disable", "remove")), _route
    ),
    **dict.fromkeys(("route-detail", "route-move", "route-try-change"), _route),
    **dict.fromkeys((f"alerts:mute{verb}" for verb in ("", "-edit", "-end", "-extend")), _mute),
    **dict.fromkeys(("mute-detail", "mute-end"), _mute),
    **dict.fromkeys(
        (
            f"alerts:heartbeat{verb}"
            for verb in ("", "-live", "-edit", "-pause", "-resume", "-renew", "-remove")
        ),
        _heartbeat,
    ),
    **dict.fromkeys(("heartbeat-detail", "heartbeat-pause", "heartbeat-resume"), _heartbeat),
    **dict.fromkeys(
        ("integration-detail", "integration-renew-key", "integration-mapping", "integration-replay"),
        _integration,
    ),
    **dict.fromkeys(("catalog:changes", "catalog:change-new"), _service),
    **dict.fromkeys(("alerts:event", "alerts:event-body", "alerts:event-replay"), _event),
    **dict.fromkeys(("alerts:alert", "alerts:alert-raw"), _alert),
    "postmortems:start": {"number": lambda site: site.unreviewed.pk},
    **dict.fromkeys(
        [
            f"postmortems:{name}"
            for name in (
                *("detail", "read", "timeline", "import", "action-add", "submit", "approve", "return"),
                *("publish", "reopen", "pdf"),
            )
        ],
        _reviewed,
    ),
    "postmortems:section": {**_reviewed, "name": "impact"},
    "postmortems:mark": {**_reviewed, "entry": 1},
    "postmortems:action-edit": _item,
    "postmortems:action-move": {**_item, "verb": "done"},
    "postmortems:pdf-file": {**_reviewed, "pk": lambda site: site.pdf.pk},
    **dict.fromkeys(
        [f"statuspage:{name}" for name in ("bare", "public", "history", "atom", "page", "settings")], _page
    ),
    **dict.fromkeys(("statuspage:delete-page", "statuspage:new-component"), _page),
    "statuspage:api": {**_page, "name": "summary.json"},
    "statuspage:incident": {**_page, "public_id": lambda site: site.public_id},
    **dict.fromkeys(
        [f"statuspage:{name}" for name in ("component", "move-component", "delete-component")], _component
    ),
    "account_confirm_email": {"key": "no-such-key"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "no-such-key"},
    "dev-mail-html": {"name": "1.eml"},
    **dict.fromkeys(
        [
            f"incident-{name}"
            for name in (
                *("detail", "acknowledge", "declare", "deliveries", "ledger", "notes", "resolve", "timeline"),
                *("transition", "updates"),
            )
        ],
        _api,
    ),
    **dict.fromkeys(("merging-merge", "merging-split"), _api),
    **dict.fromkeys((f"my-method-{name}" for name in ("detail", "code", "test", "verify")), _method),
    "my-rule-detail": _rule,
    "alert-detail": _alert,
    "service-detail": _service,
    **dict.fromkeys(("postmortem-detail", "postmortem-pdf"), _api_reviewed),
    "schedule-detail": _schedule,
    **dict.fromkeys(
        (
            f"schedule-{name}"
            for name in ("final", "overrides", "overrides-several", "preview", "revisions", "undo")
        ),
        _schedule,
    ),
    "schedule-override": {**_schedule, "override": lambda site: site.override.pk},
    **dict.fromkeys((f"policy-{name}" for name in ("detail", "revisions", "undo")), _policy),
    "absence-detail": _absence,
    **dict.fromkeys(
        (f"cover-request-{name}" for name in ("detail", "accept", "decline", "withdraw")), _cover
    ),
    **dict.fromkeys(("calendar-feed-detail", "calendar-feed-refresh"), _feed),
    "calendar-link-detail": {"pk": lambda site: site.calendar_link.pk},
    "assertion-detail": _assertion,
    "team-detail": _team,
}

# --- Who may do what. Each name stands in one of these groups.

PUBLIC = {
    *("account_login", "account_logout", "account_inactive", "account_signup"),
    *("account_email_verification_sent", "account_confirm_email", "account_confirm_login_code"),
    *("account_reset_password", "account_reset_password_done"),
    *("account_reset_password_from_key", "account_reset_password_from_key_done"),
    *("notifications:welcome", "notifications:ledger-key"),
    *(f"notifications:slack-{name}" for name in ("interactive", "command", "events")),  # signed
    *("notifications:ntfy-pressed", "notifications:mattermost-pressed"),  # the token in the address says who
    "notifications:telegram-webhook",  # signed
    *(f"notifications:sms-{name}" for name in ("twilio", "gateway", "status")),  # signed, or a secret in it
    *(f"notifications:voice-{name}" for name in ("call", "digit", "status")),  # the same
    *(f"notifications:push-{name}" for name in ("answer", "seen", "replace")),  # a token in the body
    *(f"notifications:{name}" for name in ("manifest", "worker", "offline")),
    *("incidents:ack-link", "oncall:calendar"),
    *(f"statuspage:{name}" for name in ("default", "bare", "public", "history", "atom", "api", "incident")),
    *("api-schema", "api-docs", ""),
    *("dev-mail", "dev-mail-html", "metrics", "readyz"),
    *("admin:login", "admin:logout"),  # lead to the one sign-in
}
"""Whoever comes; nobody needs to be signed in."""

READ = {
    *("incidents:list", "incidents:bell", "incidents:detail", "incidents:live", "incidents:pages"),
    *("incidents:pages-csv", "incidents:pages-json"),
    *("oncall:now", "oncall:schedules", "oncall:schedule", "oncall:policies", "oncall:policy"),
    "oncall:covers",
    *("oncall:reports", "oncall:report-load", "insights:handoffs", "insights:handoff"),
    *("insights:simulator", "insights:assertions", "insights:assertion"),
    *("catalog:services", "catalog:service"),
    *("accounts:people", "accounts:person", "accounts:teams", "accounts:team"),
    *("alerts:integrations", "alerts:integration-rows", "alerts:integration", "alerts:integration-came"),
    *("alerts:event", "alerts:event-body", "alerts:incident-alerts", "alerts:incident-panel"),
    *("alerts:alert", "alerts:alert-raw", "alerts:alerts", "alerts:alert-rows", "catalog:changes"),
    *("alerts:heartbeats", "alerts:heartbeat-rows", "alerts:heartbeat", "alerts:heartbeat-live"),
    *("alerts:routes", "alerts:integration-routes", "alerts:mutes", "alerts:mute"),
    *("statuspage:manage", "statuspage:page"),
    *("postmortems:list", "postmortems:actions", "postmortems:detail", "postmortems:read"),
    *("postmortems:timeline", "postmortems:pdf-file"),
    "postmortems:pdf",  # whoever may read it may have it as a PDF, so its POST asks for one
}
"""Everybody who is signed in reads; there is nothing to change."""

OWN = {
    *("accounts:settings", "accounts:profile", "accounts:token-new", "accounts:token-revoke"),
    *("notifications:me", "notifications:method-choose", "notifications:method-new"),
    *(f"notifications:method-{name}" for name in ("verify", "code", "test", "remove", "throttle")),
    *("notifications:quiet", "incidents:verdict"),
    *("notifications:telegram-connect", "notifications:push-connect", "notifications:push-key"),
    *("notifications:rule-add", "notifications:rule-move", "notifications:rule-remove"),
    *("insights:mail-choice", "oncall:calendar-links", "oncall:calendar-link-revoke"),
    *("account_email", "account_change_password", "account_set_password", "account_reauthenticate"),
}
"""Everybody who is signed in, for what is theirs alone."""

RESPOND = {
    *("incidents:declare", "incidents:declare-who", "incidents:edit", "incidents:note", "incidents:update"),
    *("incidents:role", "incidents:acknowledge", "incidents:declare-it", "incidents:move"),
    *("incidents:escalate", "incidents:page-again", "alerts:incident-merge", "alerts:incident-split"),
    *("insights:operations", "insights:operations-ledger", "insights:readiness", "insights:noise"),
    *("oncall:drills", "oncall:drill-start", "oncall:drill-plan-new"),
    *("oncall:absence-new", "oncall:cover-new", "oncall:feed-new"),
    *("catalog:change-new", "alerts:mute-new"),
    *("postmortems:start", "postmortems:section", "postmortems:import", "postmortems:mark"),
    *("postmortems:action-add", "postmortems:action-edit", "postmortems:action-move"),
    *(f"postmortems:{name}" for name in ("submit", "approve", "return", "publish", "reopen")),
}
"""Responders and admins, whatever their team."""

ON_DUTY = {
    *("oncall:override-new", "oncall:override-withdraw", "insights:handoff-remark"),
    *("oncall:cover", "oncall:cover-accept", "oncall:cover-decline", "oncall:cover-withdraw"),
    *("oncall:absence-edit", "oncall:absence-withdraw"),
    *("oncall:drill", "oncall:drill-acknowledge"),
    *("alerts:mute-edit", "alerts:mute-end", "alerts:mute-extend"),
}
"""Responders of the team, its managers, and admins."""

TEAM = {
    *("accounts:team-edit", "accounts:member-add", "accounts:member-role", "accounts:member-remove"),
    *(
        "incidents:rooms-of-service",
        "incidents:rooms-of-team",
        "incidents:room-test",
        "incidents:room-remove",
    ),
    "alerts:event-replay",
    *(f"alerts:route-{name}" for name in ("new-of", "edit", "move", "enable", "disable", "remove")),
    *(f"alerts:heartbeat-{name}" for name in ("behind", "edit", "pause", "resume", "renew", "remove")),
    *("catalog:service-edit", "catalog:service-archive", "catalog:service-restore"),
    *("oncall:schedule-edit", "oncall:schedule-delete", "oncall:schedule-preview", "oncall:schedule-undo"),
    *("oncall:policy-edit", "oncall:policy-delete", "oncall:policy-undo"),
    *("oncall:feed", "oncall:feed-refresh", "oncall:feed-remove"),
    *("oncall:drill-stop", "oncall:drill-plan-delete"),
    *("insights:assertion-edit", "insights:assertion-delete"),
    *(
        f"alerts:integration-{name}"
        for name in (
            "settings",
            "renew",
            "disable",
            "enable",
            "test",
            "fire",
            "file",
            "mapping",
            "mapping-preview",
            "replay",
        )
    ),
}
"""Managers of the team that owns it, and admins."""

MANAGE = {
    *("catalog:service-new", "oncall:schedule-new", "oncall:policy-new", "alerts:integration-new"),
    *("alerts:integration-choose", "alerts:heartbeat-new"),
    *("oncall:schedule-preview (new)", "oncall:report-hours", "insights:assertion-new"),
    *("statuspage:new-page", "statuspage:settings", "statuspage:delete-page", "statuspage:new-component"),
    *("statuspage:component", "statuspage:move-component", "statuspage:delete-component"),
}
"""Managers of any team, for what they make or for what belongs to no team, and admins."""

ADMIN = {
    *("accounts:team-new", "accounts:person-edit", "notifications:invite", "notifications:invite-again"),
    *(f"notifications:provider{verb}" for verb in ("s", "", "-remove", "-register")),
    *("notifications:fallback-test", "alerts:route-new"),
    # and the person themselves, who is a stranger to these tests
    *("insights:person-ledger-csv", "insights:person-ledger-json"),
}
"""Admins alone."""

GROUPS = {
    "public": PUBLIC,
    "read": READ,
    "own": OWN,
    "respond": RESPOND,
    "on duty": ON_DUTY,
    "team": TEAM,
    "manage": MANAGE,
    "admin": ADMIN,
}
