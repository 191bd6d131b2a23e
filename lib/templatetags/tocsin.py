"""What every page's templates use: icons, times, people, severities, states, Markdown, form fields.

Built in for all templates (settings), so no `{% load %}` is needed. docs/frontend.md shows each with markup.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from django import forms, template
from django.forms import BoundField
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lib import marks, moments
from lib.markdown import render

register = template.Library()

HUES = 12
_TICKING = SafeString(" data-relative")


class Person(Protocol):
    """What a face needs; accounts.User has it."""

    pk: int

    def get_full_name(self) -> str: ...


# --- Icons and links


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon from static/icons.svg. It decorates: words beside it or an aria-label say what it means."""
    classes = f"icon icon-{name} {css}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def nav_url(name: str, *args: object, **kwargs: object) -> str | None:
    """The address of a named view, or None where this installation has no such page."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return None


# --- Times


def _time_element(moment: datetime, text: str, relative: bool) -> SafeString:
    local = moments.day_and_minute(moment, timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}" title="{}" data-absolute="{}"{}>{}</time>',
        moment.isoformat(),
        moments.utc_instant(moment),
        local,
        _TICKING if relative else "",
        text or local,
    )


@register.simple_tag
def moment(value: datetime | None) -> SafeString | str:
    """A distance from now that stays true on an open page; a date when it lies more than a week away."""
    if value is None:
        return "–"
    now = timezone.now()  # what a reader sees is relative to the moment of rendering
    if moments.is_far(value, now):
        return _time_element(value, "", relative=False)
    return _time_element(value, moments.relative(value, now), relative=True)


@register.filter
def local(value: datetime | None) -> SafeString | str:
    """The instant on the reader's clock, with its zone; the UTC instant in the title."""
    return _time_element(value, "", relative=False) if value else "–"


@register.filter
def span(value: timedelta | None) -> str:
    """A duration in words: "2 h 14 min"."""
    return "–" if value is None else moments.span(value)


@register.simple_tag
def clock(since: datetime, until: datetime | None = None) -> SafeString:
    """How long something lasts: counts on while it is open (`data-since`), stands still when it is over."""
    length = moments.span((until or timezone.now()) - since)
    if until:
        return format_html('<span class="clock">{}</span>', length)
    return format_html('<span class="clock" data-since="{}">{}</span>', since.isoformat(), length)


# --- People and marks


def _initials(name: str) -> str:
    words = name.replace("@", " ").split()
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper()


@register.simple_tag
def hue(user: Person) -> str:
    """The class of a person's colour, for what is drawn: `<rect class="bar {% hue user %}">`."""
    return f"hue-{int(user.pk) * 5 % HUES}"


@register.simple_tag
def face(user: Person | None, css: str = "") -> SafeString:
    """The round initials of a person, in a colour that stays theirs."""
    if user is None:
        return format_html('<span class="face face-none {}" aria-hidden="true">?</span>', css)
    name = user.get_full_name()
    classes = f"{hue(user)} {css}".strip()
    return format_html('<span class="face {}" aria-hidden="true">{}</span>', classes, _initials(name))


@register.simple_tag
def person(user: Person | None, nobody: str = "") -> SafeString:
    """Face and name. For None the words in `nobody`, so that an empty seat is never just blank."""
    if user is None:
        return format_html(
            '<span class="person person-none">{}<span class="person-name">{}</span></span>',
            face(None),
            nobody or _("Nobody"),
        )
    return format_html(
        '<span class="person">{}<span class="person-name">{}</span></span>', face(user), user.get_full_name()
    )


@register.simple_tag
def severity(value: object, label: object = "") -> SafeString:
    """A severity as a shape and a word, so that neither colour nor eyesight is needed."""
    mark = marks.severity_mark("" if value is None else value)
    words = str(label or mark.words or _("No severity"))
    return format_html(
        '<span class="sev sev-{}"><svg class="sev-shape" aria-hidden="true" focusable="false">'
        '<use href="{}#sev-{}"/></svg>{}</span>',
        mark.kind,
        static("marks.svg"),
        mark.kind,
        words,
    )


@register.simple_tag
def state(value: object, label: object = "", tone: str = "") -> SafeString:
    """A state as a badge. `label` is what people read (`get_state_display`), `tone` overrides lib.marks."""
    text = "" if value is None else str(value)
    words = label or _(marks.words_of(text))
    return format_html('<span class="state state-{}">{}</span>', tone or marks.tone_of(text), words)


@register.filter
def markdown(text: str | None) -> SafeString | str:
    """What a person wrote, as sanitised HTML inside `.prose`."""
    return format_html('<div class="prose">{}</div>', render(text)) if text else ""


# --- Forms


def _kind(bound: BoundField) -> str:
    """How a field is laid out: by the widget that it has."""
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        return "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "select" if isinstance(widget, forms.Select) else "input"


_WIDGET_CLASS = {"check": "form-check-input", "select": "form-select", "input": "form-control"}


def _widget_attrs(bound: BoundField, kind: str, extra: dict[str, str]) -> dict[str, str | bool]:
    """Attributes that tie the control to its help and its errors."""
    attrs: dict[str, str | bool] = dict(extra)
    own = str(bound.field.widget.attrs.get("class", ""))
    invalid = "is-invalid" if bound.errors else ""
    attrs["class"] = " ".join(filter(None, [_WIDGET_CLASS.get(kind, ""), own, invalid]))
    described = [f"{bound.auto_id}_helptext"] if bound.help_text else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return attrs


@register.inclusion_tag("components/_field.html")
def field(
    bound: BoundField, label: str = "", help: str | bool = "", css: str = "", **attrs: str
) -> dict[str, object]:
    """One form field: label, control, errors, help (False for none); more keywords are attributes."""
    kind = _kind(bound)
    if help is False or help:  # a text of a template's _() is lazy, no str
        bound.help_text = help if isinstance(help, str) else str(help or "")
    extra = {name.replace("_", "-"): value for name, value in attrs.items()}
    return {
        "field": bound,
        "kind": kind,
        "control": bound.as_widget(attrs=_widget_attrs(bound, kind, extra)),
        "label": label or bound.label,
        "css": css,
        "optional": not bound.field.required and kind in ("input", "select"),
    }


@register.inclusion_tag("components/_fields.html")
def fields(form: forms.BaseForm, only: str = "") -> dict[str, object]:
    """Errors of the form as a whole, its hidden fields, then all visible fields, or those named in `only`."""
    names = only.split()
    visible: Iterable[BoundField] = [form[name] for name in names] if names else form.visible_fields()
    return {"form": form, "visible": visible}
