"""Who would be paged, and what is expected of it, over the same actions as the pages."""

from insights.api.assertions import AssertionViewSet
from insights.api.simulating import AskingOnCallViewSet

__all__ = ["AskingOnCallViewSet", "AssertionViewSet"]
