"""What the OpenAPI document says about the API as a whole. Read by the settings, so nothing is imported here."""

from __future__ import annotations

from typing import Any

DESCRIPTION = """\
Incidents, alerts, on call and postmortems, by the same rules as in the browser.

Send `Authorization: Bearer <token>`; a token comes from your settings, acts with your role and may be read-only.
Everybody signed in reads; responders act. Times are ISO 8601 in UTC. Lists take `limit` (200 at most) and `offset`.
Every error is an RFC 9457 problem document; `errors` names the fields that were wrong.
"""

SPECTACULAR: dict[str, Any] = {
    "TITLE": "Tocsin API",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Nothing asks a validator on the internet.
    # Folded: all operations at once keep a browser busy for longer than anybody waits.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "validatorUrl": None,
        "docExpansion": "none",
        "defaultModelsExpandDepth": 0,
        "filter": True,
    },
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.with_problems",
        "config.schema.with_numbers",
        "config.schema.with_local_times",
    ],
    "ENUM_NAME_OVERRIDES": {
        "IncidentState": "incidents.models.State",
        "ReadinessSubject": ["policy", "user", "schedule", "channel"],
        "TargetKind": ["user", "schedule", "team", "owner"],
        "Severity": "incidents.models.Severity",
        "EntryKind": "incidents.models.EntryKind",
        "RoleName": "incidents.models.RoleName",
        "EscalationState": "incidents.models.EscalationState",
        "DeliveryState": "notifications.models.DeliveryState",
        "DeliveryKind": "notifications.models.DeliveryKind",
        "AlertState": "alerts.models.AlertState",
        "HeartbeatState": "alerts.models.HeartbeatState",
        "AlertOutcome": "alerts.models.Outcome",
        "AlertEndedBy": "alerts.models.EndedBy",
        "ChangeKind": "catalog.models.ChangeKind",
        "AlertSeverity": "alerts.models.AlertSeverity",
        "PostmortemState": "postmortems.models.State",
        "PdfState": "postmortems.models.PdfState",
        "ActionState": "postmortems.models.ActionState",
        "ActionKind": "postmortems.models.ActionKind",
        "Urgency": "notifications.models.Urgency",
        "LayerRole": "oncall.models.LayerRole",
        "OverrideKind": "oncall.models.OverrideKind",
        "CoverState": "oncall.models.CoverState",
        "SegmentSource": ["layer", "override", "feed"],
        "ForemostRole": ["primary", "secondary"],
        "UserRole": "accounts.models.Role",
        "TeamRole": "accounts.models.TeamRole",
    },
}
