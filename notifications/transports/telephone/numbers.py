"""Telephone numbers, kept as E.164: a plus, the country, the number, at most 15 digits."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN = re.compile(r"[\s().\-/\u2010-\u2015]")


def clean_number(raw: str) -> str:
    """The number as E.164; spaces, dashes, dots, brackets and a leading 00 are accepted. Raises ValidationError."""
    text = _BETWEEN.sub("", raw.strip())
    if text.startswith("00"):
        text = "+" + text[2:]
    if not text.startswith("+"):
        raise ValidationError(_("Begin with a plus and the country: +49 151 23456789."))
    if not E164.fullmatch(text):
        raise ValidationError(_("This is no telephone number. It looks like +49 151 23456789."))
    return text


def heard_number(raw: str) -> str:
    """The same for what a gateway sends, which may lack the plus; empty for what is no number."""
    text = raw.strip()
    try:
        return clean_number(text if text.startswith(("+", "00")) else f"+{text}")
    except ValidationError:
        return ""
