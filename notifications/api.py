"""How I am reached, for machines: my contact methods, my rules, my quiet hours. Everybody changes only their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError as NotAnAddress
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import actor_of
from lib.rest import ID, Body, Refused, checked_query
from notifications import shapes, transports
from notifications.actions import methods, rules
from notifications.models import ContactMethod, NotificationRule, QuietHours


class TooOften(Refused):
    """Messages to oneself cost money and patience."""

    status_code = 429


LONGEST_ADDRESS = 500
REFUSED: dict[type[Exception], str] = {
    methods.AlreadyThere: "You have this method already.",
    methods.TooManyMethods: "That is too many. Remove one first.",
    methods.NotUsable: "It is not verified, or switched off: ask for a code first.",
    methods.LastUsableMethod: "Without it nobody can page you. Say confirmed=true if that is meant.",
    rules.RuleExists: "That stands there already.",
    rules.TooManyRules: "That is too many. Remove one first.",
}


@contextmanager
def refusals() -> Iterator[None]:
    """What the actions refuse, in the words and statuses of the API."""
    try:
        yield
    except tuple(REFUSED) as error:
        raise Refused(REFUSED[type(error)]) from error
    except methods.TooSoon as error:
        raise TooOften(f"Wait {int(error.wait.total_seconds()) + 1} seconds.") from error
    except methods.TooManyMessages as error:
        raise TooOften("That is enough for today.") from error


def checked(body: Body) -> dict[str, Any]:
    """What was sent, if it is valid. Raises ValidationError."""
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


class MyMethodViewSet(viewsets.GenericViewSet[Any]):
    """The ways in which you are reached. Each has to be verified by the code that is sent there."""

    serializer_class = shapes.MyMethodShown
    queryset = ContactMethod.objects.none()
    lookup_value_regex = ID

    @extend_schema(summary="My contact methods", responses=shapes.MyMethodShown(many=True))
    def list(self, request: Request) -> Response:
        """In the order in which they were added."""
        page = self.paginate_queryset(ContactMethod.objects.filter(user=actor_of(request)).order_by("id"))
        return self.get_paginated_response(shapes.MyMethodShown(page, many=True).data)

    @extend_schema(summary="A contact method of mine")
    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        return Response(shapes.MyMethodShown(_method(request, pk)).data)

    @extend_schema(
        summary="Add a contact method", request=shapes.NewMyMethod, responses={201: shapes.NewMyMethodShown}
    )
    def create(self, request: Request) -> Response:
        """A code is sent there at once. Browsers and Telegram connect themselves, on your page."""
        fields, actor = checked(shapes.NewMyMethod(data=request.data)), actor_of(request)
        with refusals():
            made, secret = methods.add_method(
                actor=actor,
                user=actor,
                transport=fields["transport"],
                address=_address(fields["transport"], fields["address"]),
                label=fields["label"],
                now=timezone.now(),
            )
        return Response(shapes.NewMyMethodShown(made, context={"secret": secret}).data, status=201)

    @extend_schema(
        summary="Change a contact method", request=shapes.MyMethodPart, responses=shapes.MyMethodShown
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Its label, and how close its messages may follow each other."""
        method, given = _method(request, pk), checked(shapes.MyMethodPart(data=request.data, partial=True))
        actor, now = actor_of(request), timezone.now()
        if "throttle" in given:
            methods.set_throttle(actor=actor, method=method, throttle=given["throttle"], now=now)
        if "label" in given:
            methods.set_label(actor=actor, method=method, label=given["label"], now=now)
        return Response(shapes.MyMethodShown(_method(request, pk)).data)

    @extend_schema(
        summary="Remove a contact method", parameters=[shapes.MyMethodRemoval], responses={204: None}
    )
    def destroy(self, request: Request, pk: str) -> Response:
        """With the rules that use it. While messages by it wait it is only switched off."""
        asked = checked_query(shapes.MyMethodRemoval, request)
        with refusals():
            methods.remove_method(
                actor=actor_of(request),
                method=_method(request, pk),
                confirmed=asked.get("confirmed", False),
                now=timezone.now(),
            )
        return Response(status=204)

    @extend_schema(
        summary="Verify a contact method", request=shapes.MyMethodCode, responses=shapes.MyMethodShown
    )
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, pk: str) -> Response:
        """With the six digits that came by it. Five tries, for 15 minutes."""
        method, given = _method(request, pk), checked(shapes.MyMethodCode(data=request.data))
        code = re.sub(r"[\s-]", "", given["code"])
        try:
            methods.verify(actor=actor_of(request), method=method, code=code, now=timezone.now())
        except methods.WrongCode as error:
            raise ValidationError(
                {"code": [f"Not the code that was sent; {error.left} tries are left."]}
            ) from error
        except methods.CodeSpent as error:
            raise Refused("There is no code to compare with any more. Ask for a new one.") from error
        return Response(shapes.MyMethodShown(_method(request, pk)).data)

    @extend_schema(summary="Send a new code", request=None, responses={202: shapes.MyMethodShown})
    @action(detail=True, methods=["post"])
    def code(self, request: Request, pk: str) -> Response:
        """The one before does not work any more."""
        method = _method(request, pk)
        with refusals():
            methods.send_code(actor=actor_of(request), method=method, now=timezone.now())
        return Response(shapes.MyMethodShown(method).data, status=202)

    @extend_schema(summary="Send me a test", request=None, responses={202: shapes.MyMethodShown})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """A message that says only that it arrived."""
        method = _method(request, pk)
        with refusals():
            methods.send_test(actor=actor_of(request), method=method, now=timezone.now())
        return Response(shapes.MyMethodShown(method).data, status=202)


class MyRuleViewSet(viewsets.GenericViewSet[Any]):
    """When you are told by which method. Without a rule every usable method is used at once."""

    serializer_class = shapes.MyRuleShown
    queryset = NotificationRule.objects.none()
    lookup_value_regex = ID

    @extend_schema(summary="My rules", responses=shapes.MyRuleShown(many=True))
    def list(self, request: Request) -> Response:
        """By urgency, in order of time."""
        mine = NotificationRule.objects.filter(user=actor_of(request)).order_by("urgency", "delay", "id")
        return self.get_paginated_response(shapes.MyRuleShown(self.paginate_queryset(mine), many=True).data)

    @extend_schema(summary="Add a rule", request=shapes.NewMyRule, responses={201: shapes.MyRuleShown})
    def create(self, request: Request) -> Response:
        """By one of your usable methods."""
        given, actor = checked(shapes.NewMyRule(data=request.data)), actor_of(request)
        method = ContactMethod.objects.usable().filter(user=actor, pk=given.pop("method")).first()
        if method is None:
            raise ValidationError({"method": ["You have no such method, or it is not verified."]})
        with refusals():
            made = rules.add_rule(actor=actor, method=method, now=timezone.now(), **given)
        return Response(shapes.MyRuleShown(made).data, status=201)

    @extend_schema(summary="Change a rule", request=shapes.MyRulePart, responses=shapes.MyRuleShown)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Earlier or later."""
        rule, given = _rule(request, pk), checked(shapes.MyRulePart(data=request.data))
        with refusals():
            moved = rules.move_rule(
                actor=actor_of(request), rule=rule, delay=given["delay"], now=timezone.now()
            )
        return Response(shapes.MyRuleShown(moved).data)

    @extend_schema(summary="Remove a rule", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """One step less."""
        rules.remove_rule(actor=actor_of(request), rule=_rule(request, pk), now=timezone.now())
        return Response(status=204)


class MyQuietHoursView(APIView):
    """Within these hours pages of low urgency wait; others never do."""

    @extend_schema(summary="My quiet hours", operation_id="me_quiet_hours", responses=shapes.MyQuietShown)
    def get(self, request: Request) -> Response:
        """On your own clock. 404 when you have none."""
        return Response(shapes.MyQuietShown(get_object_or_404(QuietHours, user=actor_of(request))).data)

    @extend_schema(
        summary="Set my quiet hours",
        operation_id="me_quiet_hours_set",
        request=shapes.MyQuietGiven,
        responses=shapes.MyQuietShown,
    )
    def put(self, request: Request) -> Response:
        """In place of those before."""
        given, actor = checked(shapes.MyQuietGiven(data=request.data)), actor_of(request)
        hours = rules.set_quiet_hours(actor=actor, user=actor, now=timezone.now(), **given)
        return Response(shapes.MyQuietShown(hours).data)

    @extend_schema(summary="Have no quiet hours", operation_id="me_quiet_hours_clear", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Low urgency waits for nothing any more."""
        actor = actor_of(request)
        rules.clear_quiet_hours(actor=actor, user=actor, now=timezone.now())
        return Response(status=204)


def _method(request: Request, pk: str) -> ContactMethod:
    return get_object_or_404(ContactMethod, pk=int(pk), user=actor_of(request))


def _rule(request: Request, pk: str) -> NotificationRule:
    return get_object_or_404(NotificationRule, pk=int(pk), user=actor_of(request))


def _address(name: str, raw: str) -> str:
    """As its channel keeps it. Raises ValidationError, also for a channel that is not set up."""
    transport = transports.get(name)
    if transport.connect or not transport.is_available():
        raise ValidationError({"transport": ["It is not set up here, or connects itself on your page."]})
    try:
        found = transport.clean_address(raw)
    except NotAnAddress as error:
        raise ValidationError({"address": error.messages}) from error
    if len(found) > LONGEST_ADDRESS:
        raise ValidationError({"address": ["This address is too long."]})
    return found
