"""What templates get from lib.templatetags, and that every name in them exists."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.urls import include, path
from django.utils import timezone
from pytest_django import Settings

from lib import marks, moments
from lib.templatetags import frame

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


class Someone:
    def __init__(self, pk: int, name: str) -> None:
        self.pk, self.name = pk, name

    def get_full_name(self) -> str:
        return self.name


class DeclareForm(forms.Form):
    title = forms.CharField(help_text="What customers notice.")
    severity = forms.ChoiceField(choices=[("1", "SEV1"), ("2", "SEV2")], widget=forms.RadioSelect)
    note = forms.CharField(widget=forms.Textarea, required=False)
    page = forms.BooleanField(label="Page now", required=False)


def rendered(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.fixture
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


# --- Times


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=12, seconds=40), "12 min"),
        (timedelta(hours=2, minutes=14), "2 h 14 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=1, hours=4, minutes=50), "1 day 4 h"),
        (timedelta(days=12), "12 days"),
        (-timedelta(minutes=5), "5 min"),
    ],
)
def test_a_duration_reads_as_its_two_largest_units(length: timedelta, words: str) -> None:
    assert rendered("{{ length|span }}", length=length) == words


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=4), "just now"),
        (timedelta(seconds=45), "45 s ago"),
        (timedelta(hours=2, minutes=59), "2 h ago"),
        (timedelta(days=2, hours=23), "2 days ago"),
        (-timedelta(minutes=7), "in 7 min"),
    ],
)
def test_a_moment_reads_as_its_distance_from_now(distance: timedelta, words: str) -> None:
    assert moments.relative(NOW - distance, NOW) == words


@pytest.mark.usefixtures("frozen")
def test_a_moment_carries_the_utc_instant_and_the_readers_clock_across_a_change_of_clocks() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        html = rendered("{% moment at %}", at=NOW + timedelta(hours=1))
    assert 'title="2026-03-29 01:30:00 UTC"' in html
    assert 'data-absolute="Sun 29 Mar 2026, 03:30 CEST"' in html
    assert "data-relative" in html
    assert ">in 1 h<" in html


@pytest.mark.usefixtures("frozen")
def test_a_moment_more_than_a_week_away_is_a_date_that_does_not_tick() -> None:
    html = rendered("{% moment at %}", at=NOW - timedelta(days=8))
    assert "data-relative" not in html
    assert ">Sat 21 Mar 2026, 00:30 UTC<" in html


def test_no_moment_is_a_dash() -> None:
    assert rendered("{% moment None %}{{ x|local }}{{ x|span }}", x=None) == "–––"


@pytest.mark.usefixtures("frozen")
def test_a_clock_ticks_only_until_the_end() -> None:
    source = "{% clock since until %}"
    running = rendered(source, since=NOW - timedelta(minutes=3), until=None)
    assert "data-since" in running
    assert "3 min" in running
    over = rendered(source, since=NOW - timedelta(hours=5), until=NOW - timedelta(hours=4))
    assert over == '<span class="clock">1 h</span>'


# --- People


def test_a_name_with_markup_is_shown_and_not_run() -> None:
    html = rendered("{% person user %}", user=Someone(3, "<script>alert(1)</script> Ito"))
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Ito" in html


def test_a_person_keeps_their_colour_and_neighbours_differ() -> None:
    hues = [rendered("{% hue user %}", user=Someone(pk, "A")) for pk in (1, 2, 3, 1)]
    assert hues[0] == hues[3]
    assert len(set(hues)) == 3


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada Ito", "AI"), ("ivo", "I"), ("ops@example.org", "OE"), ("", "")]
)
def test_initials_come_from_the_first_and_the_last_word(name: str, initials: str) -> None:
    assert f">{initials}<" in rendered("{% face user %}", user=Someone(1, name))


def test_an_empty_seat_says_so() -> None:
    assert "Nobody leads" in rendered('{% person None "Nobody leads" %}')


# --- Marks


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1, "1"), ("sev2", "2"), ("critical", "1"), ("Warning", "3"), (None, "none"), ("odd", "none")],
)
def test_a_severity_has_a_shape_of_its_own_that_stands_in_the_sprite(value: object, kind: str) -> None:
    html = rendered("{% severity value %}", value=value)
    assert f"#sev-{kind}" in html
    assert f'id="sev-{kind}"' in (ROOT / "static/marks.svg").read_text()


def test_a_severity_says_a_word_also_when_none_is_set_or_it_is_unknown() -> None:
    assert "SEV2" in rendered("{% severity 2 %}")
    assert "No severity" in rendered("{% severity None %}")
    assert "&lt;b&gt;" in rendered("{% severity value %}", value="<b>")


def test_a_state_reads_as_words_in_the_tone_that_fits() -> None:
    assert rendered('{% state "in_review" %}') == '<span class="state state-warn">In review</span>'
    assert "state-over" in rendered('{% state "resolved" %}')
    assert "state-alarm" in rendered('{% state "open" "Firing" %}')
    assert "state-calm" in rendered('{% state "open" tone="calm" %}')
    assert marks.tone_of("never heard of") == marks.CALM


# --- Markdown and fields


def test_markdown_is_rendered_and_its_markup_is_not_trusted() -> None:
    html = rendered("{{ text|markdown }}", text="**now** <img src=x onerror=alert(1)>")
    assert html.startswith('<div class="prose">')
    assert "<strong>now</strong>" in html
    assert "<img" not in html


def test_a_bad_field_is_tied_to_its_error_and_its_help() -> None:
    html = rendered("{% fields form %}", form=DeclareForm({"title": ""}))
    control = re.search(r"<input[^>]*name=\"title\"[^>]*>", html)
    assert control
    assert 'aria-invalid="true"' in control[0]
    assert 'aria-describedby="id_title_helptext id_title_error"' in control[0]
    assert 'id="id_title_error"' in html
    assert 'id="id_title_helptext"' in html


def test_a_field_keeps_what_was_typed_and_escapes_it() -> None:
    html = rendered("{% field form.title %}", form=DeclareForm({"title": '"><script>'}))
    assert "&quot;&gt;&lt;script&gt;" in html


def test_fields_are_laid_out_by_their_widget() -> None:
    html = rendered('{% fields form "severity page note" %}', form=DeclareForm())
    assert html.count("<legend") == 1
    assert 'class="form-check-input"' in html
    assert "optional" in html
    assert 'name="title"' not in html


def test_attributes_and_help_can_be_given_where_the_field_is_placed() -> None:
    html = rendered('{% field form.title help=False data_draft="title" %}', form=DeclareForm())
    assert 'data-draft="title"' in html
    assert "What customers notice" not in html


def test_a_forms_own_errors_stand_on_top_and_can_take_the_focus() -> None:
    form = DeclareForm({"title": "x", "severity": "1"})
    form.add_error(None, "Somebody was faster.")
    assert "Somebody was faster." in rendered("{% fields form %}", form=form)
    assert "data-form-error" in rendered("{% fields form %}", form=form)


# --- The frame


def urls_of(**apps: tuple[str, ...]) -> ModuleType:
    """URLs as a settings value: an address `/app/name/` for each."""
    module = ModuleType("urls_of_a_test")
    module.urlpatterns = [  # type: ignore[attr-defined] # what makes a module a urlconf
        path(f"{app}/", include(([path(f"{name}/", _nothing, name=name) for name in names], app)))
        for app, names in apps.items()
    ]
    return module


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@pytest.fixture
def few_pages(settings: Settings) -> None:
    settings.ROOT_URLCONF = urls_of(incidents=("list",), oncall=("now", "schedules"))


@pytest.mark.usefixtures("few_pages")
def test_pages_that_do_not_exist_are_left_out_of_the_navigation() -> None:
    groups, me = frame.navigation_for(RequestFactory().get("/"))
    assert [entry.name for group in groups for entry in group.entries] == [
        "incidents:list",
        "oncall:now",
        "oncall:schedules",
    ]
    assert me is None
    assert rendered('{% nav_url "nowhere:at-all" as url %}{{ url }}') == "None"


@pytest.mark.usefixtures("few_pages")
def test_the_entry_with_the_longest_fitting_address_is_current() -> None:
    groups, _me = frame.navigation_for(RequestFactory().get("/oncall/schedules/7/"))
    assert [e.name for group in groups for e in group.entries if e.current] == ["oncall:schedules"]


@pytest.mark.usefixtures("few_pages")
def test_the_frame_renders_without_a_reader_and_without_most_pages() -> None:
    html = render_to_string("base.html", request=RequestFactory().get("/incidents/list/"))
    assert 'href="/incidents/list/" aria-current="page"' in html
    assert "Declare" not in html.split("<main")[0]


# --- Every template


def _templates() -> list[str]:
    return sorted(str(p.relative_to(ROOT / "templates")) for p in (ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("name", _templates())
def test_every_template_compiles_and_obeys_the_security_policy(name: str) -> None:
    get_template(name)
    source = (ROOT / "templates" / name).read_text()
    if "mail" not in name and "pdf" not in name:
        assert not re.search(
            r"\sstyle=|\son[a-z]+=|hx-on|<script(?![^>]*\ssrc=)(?![^>]*json)|javascript:", source
        )


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))
    used: dict[str, str] = {}
    for name in _templates():
        source = (ROOT / "templates" / name).read_text()
        for icon in re.findall(r'{% icon "([^"]+)"|icon_name="([^"]+)"', source):
            used["".join(icon)] = name
    used |= {entry.icon: entry.name for group in frame.NAVIGATION for entry in group.entries}
    assert {icon: name for icon, name in used.items() if icon not in sprite} == {}
