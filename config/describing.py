"""What drf-spectacular guesses wrong about our views."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import is_list_serializer
from rest_framework.generics import GenericAPIView


class Described(AutoSchema):
    """A plain view set lists nothing by itself: its answer is one object unless its serializer says many."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        if isinstance(self.view, GenericAPIView):
            return super()._is_list_view(serializer)
        found = self.get_response_serializers() if serializer is None else serializer
        if isinstance(found, dict) and found:
            found = found[min(found, key=str)]
        return is_list_serializer(found)
