"""Headers and cookies of every answer, as an installation outside of bin/up sends them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as ours
from django.core import checks
from django.test import Client

from ops.layout import ROOT
from tests import making
from tests.security.looking import Sight
from tests.security.routes import PUBLIC
from tests.security.site import Site

# Pages of ours show these in a frame; no other site may.
FRAMED = {f"statuspage:{name}" for name in ("public", "history", "incident", "atom", "api")} | {
    "dev-mail-html"
}


def _of_production(code: str, **more: str) -> str:
    """What a process prints that has no setting but what an installation must set."""
    wanted = {"SECRET_KEY": "k" * 60 + "0123456789", "DATABASE_URL": "postgres://u:p@127.0.0.1:1/x"}
    env = {"PATH": os.environ["PATH"], **wanted, "REDIS_URL": "redis://127.0.0.1:1/0", **more}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_a_word_cookies_are_for_tls_alone() -> None:
    code = """
import django; django.setup()
from django.conf import settings as s
print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 3 * 10**7, s.DEBUG, s.DEV_MAIL_DIR == "")
print(s.SECURE_PROXY_SSL_HEADER, s.OUTBOUND_ALLOW, s.OUTBOUND_PORTS)
from django.core import checks
print([each.id for each in checks.run_checks(include_deployment_checks=True) if not each.is_silenced()])
"""
    printed = _of_production(code).splitlines()
    assert printed == ["True True True False True", "None [] []", "[]"]


def test_what_is_silenced_in_deployment_checks_is_said_why() -> None:
    text = (ROOT / "config" / "settings.py").read_text()
    silenced = [line for line in text.splitlines() if '"security.W' in line]
    assert len(silenced) == len(ours.SILENCED_SYSTEM_CHECKS)
    assert all(" # " in line or "  #" in line for line in silenced)
    assert not {"security.W003", "security.W012", "security.W016"} & set(ours.SILENCED_SYSTEM_CHECKS)
    assert checks.run_checks() == []


def test_every_page_says_how_it_may_be_shown(sights: list[Sight]) -> None:
    for sight in sights:
        headers = sight.answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff", str(sight)
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), str(sight)
        framing = {"SAMEORIGIN", "DENY"} if sight.route.key in FRAMED else {"DENY"}
        assert headers["X-Frame-Options"] in framing, str(sight)
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", str(sight)
        for name in ("Server", "X-Powered-By"):
            assert name not in headers


def test_pages_that_show_a_secret_are_kept_by_nobody(sights: list[Sight]) -> None:
    secret = {"incidents:ack-link", "notifications:welcome"}
    secret |= {"notifications:method-new", "notifications:method-verify"}
    for sight in sights:
        if sight.route.key in secret and sight.answer.status_code == 200:
            assert "no-store" in sight.answer.headers["Cache-Control"], str(sight)


@pytest.mark.parametrize("is_secure", [True, False])
def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(
    site: Site, is_secure: bool, settings: Any
) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = is_secure
    browser = site.browser(None)
    browser.get("/account/login/", secure=is_secure)
    browser.post(
        "/account/login/", {"login": site.member.email, "password": making.PASSWORD}, secure=is_secure
    )
    session, csrf = browser.cookies["sessionid"], browser.cookies["csrftoken"]
    assert session["httponly"]
    for cookie in (session, csrf):
        assert cookie["samesite"] == "Lax"
        assert bool(cookie["secure"]) == is_secure
        assert not cookie["domain"]
        assert cookie["path"] == "/"
    assert set(browser.cookies) <= {"sessionid", "csrftoken", "messages"}


def test_signing_in_and_a_new_password_begin_a_new_session(site: Site) -> None:
    """A session that somebody planted, or stole before, is worth nothing after."""
    browser = site.browser(None)
    browser.get("/account/login/?next=/")
    planted = browser.session.session_key
    browser.post("/account/login/", {"login": site.member.email, "password": making.PASSWORD})
    mine = browser.cookies["sessionid"].value
    assert mine != planted
    other = site.browser(site.member)
    assert other.get("/me/").status_code == 200
    new = "a much better horse"
    changed = {"oldpassword": making.PASSWORD, "password1": new, "password2": new}
    assert browser.post("/account/password/change/", changed).status_code == 302
    assert browser.cookies["sessionid"].value != mine
    assert other.get("/me/").status_code == 302


def test_what_is_public_sets_no_cookie_without_need(sights: list[Sight]) -> None:
    """Status pages, probes and the API reference can be cached and are read by people who have agreed to nothing."""
    bare = {name for name in PUBLIC if name.startswith(("statuspage:", "api-"))} | {"metrics", "readyz", ""}
    for sight in sights:
        if sight.route.key in bare:
            assert not sight.answer.cookies, str(sight)


def test_a_host_that_is_not_ours_is_refused(site: Site) -> None:
    """Else links in mails could be made to lead elsewhere."""
    browser = Client(raise_request_exception=False)
    assert browser.get("/account/login/", headers={"Host": "evil.example"}).status_code == 400
    answer = browser.post(
        "/account/password/reset/",
        {"email": site.member.email},
        headers={"X-Forwarded-Host": "evil.example"},
    )
    assert "evil" not in answer.headers.get("Location", "")
