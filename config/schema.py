"""How the OpenAPI document is made: who may ask, and the errors that every operation shares."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.problems import MEDIA_TYPE

LOCAL_TIME = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "An error as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "example": "about:blank"},
        "title": {"type": "string", "example": "Bad Request"},
        "status": {"type": "integer", "example": 400},
        "detail": {"type": "string", "example": "Some fields are not valid."},
        "errors": {
            "type": "object",
            "description": "What is wrong, by field or parameter.",
            "additionalProperties": {},
        },
        "state": {"type": "string", "description": "With 409: the incident's state."},
        "allowed": {
            "type": "array",
            "items": {"type": "string"},
            "description": "With 409: the verbs that this state allows.",
        },
    },
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # the library leaves it untyped
    target_class = "config.rest.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from your settings; it acts with your role.",
        }


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # the same
    target_class = "config.rest.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "A signed-in browser; writes need the CSRF token in X-CSRFToken.",
        }


def with_problems(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: each operation may answer with a problem document."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    answer = {
        "description": "A problem",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = answer
    return result


def with_numbers(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: `{id}` is a number; the router knows only the pattern of its digits."""
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"] == "id":
                    parameter["schema"] = {"type": "integer", "format": "int64", "minimum": 1}
    return result


def with_local_times(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: a time of day is a person's own and has no offset, which JSON Schema's format "time" asks
    for."""
    for schema in result["components"]["schemas"].values():
        for value in schema.get("properties", {}).values():
            if value.get("format") == "time":
                del value["format"]
                value["pattern"] = LOCAL_TIME
    return result


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, made once per process: it depends on the code alone."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call] # the library leaves it untyped
    made: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call] # the same
    return made


class SchemaView(APIView):
    """OpenAPI 3 as YAML or JSON, by `Accept` or `?format=`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
        OpenApiJsonRenderer,
        OpenApiJsonRenderer2,
    )

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(document())
