"""A name for a browser that its person recognises in a list."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.utils.translation import gettext as _

# The first that matches counts: most browsers claim to be several others as well.
BROWSERS = (
    (re.compile(r"\bEdg(?:e|A|iOS)?/"), "Edge"),
    (re.compile(r"\b(?:OPR|Opera)/"), "Opera"),
    (re.compile(r"\bSamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"\b(?:Firefox|FxiOS)/"), "Firefox"),
    (re.compile(r"\b(?:Chrome|CriOS|HeadlessChrome)/"), "Chrome"),
    (re.compile(r"\bSafari/|\bAppleWebKit/"), "Safari"),
)
SYSTEMS = (
    (re.compile(r"\biPhone\b"), "iPhone"),
    (re.compile(r"\biPad\b"), "iPad"),
    (re.compile(r"\bAndroid\b"), "Android"),
    (re.compile(r"\bCrOS\b"), "ChromeOS"),
    (re.compile(r"\bWindows\b"), "Windows"),
    (re.compile(r"\bMac OS X\b|\bMacintosh\b"), "Mac"),
    (re.compile(r"\bLinux\b"), "Linux"),
)
MOST = 100


def device_name(user_agent: str, taken: Collection[str] = ()) -> str:
    """ "Chrome on Android"; with a number when the person has one of that name already."""
    found = [
        next((name for pattern, name in each if pattern.search(user_agent)), "")
        for each in (BROWSERS, SYSTEMS)
    ]
    browser, system = found
    if browser and system:
        name = _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    else:
        name = browser or system or _("A browser")
    numbered = (f"{name} ({number})" for number in range(2, MOST))
    return next((each for each in (name, *numbered) if each not in taken), name)
