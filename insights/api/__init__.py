"""Who would be paged, what is expected of it, and whether the pager works, over the same actions as the pages."""

from insights.api.assertions import AssertionViewSet
from insights.api.noise import NoiseViewSet
from insights.api.operations import OperationsViewSet
from insights.api.readiness import ReadinessViewSet
from insights.api.simulating import AskingOnCallViewSet

__all__ = ["AskingOnCallViewSet", "AssertionViewSet", "NoiseViewSet", "OperationsViewSet", "ReadinessViewSet"]
