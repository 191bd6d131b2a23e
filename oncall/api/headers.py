"""Headers that the schema names."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` of what you have read: when it was changed since, the answer is 412 and nothing is stored.",
)
