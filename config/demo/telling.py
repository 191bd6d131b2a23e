"""Living through a story again: the same actions as people and tools use, each at its moment in the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from alerts.actions.closing import close_alerts_of
from alerts.actions.intake import accept
from alerts.models import Alert
from alerts.processing import process
from catalog.models import Service
from config.demo.cast import Cast, choose, on_duty
from config.demo.company import Company
from config.demo.estate import Estate, change
from config.demo.ledger import settle
from config.demo.story import AlertText, Line, Story, words_for
from config.demo.wire import Condition, body
from incidents.actions import paging, transitions, writing
from incidents.actions.opening import declare_new
from incidents.messages import subject_of
from incidents.models import Escalation, Incident
from incidents.sweep import sweep
from notifications import acks
from notifications.models import Delivery, DeliveryKind, DeliveryState


@dataclass(frozen=True, slots=True)
class World:
    """Where stories happen. Every number and choice comes from `rng`."""

    company: Company
    estate: Estate
    rng: Random


@dataclass(slots=True)
class Telling:
    """One story, told the `number`th time, from `start` on. `cast` are the people by their parts."""

    world: World
    story: Story
    number: int
    start: datetime
    words: dict[str, object] = field(default_factory=dict)
    cast: Cast = field(default_factory=dict)
    conditions: dict[int, Condition] = field(default_factory=dict)
    incident: Incident = field(init=False, repr=False)
    ended: datetime = field(init=False, repr=False)
    is_quiet: bool = False

    def tell(self) -> Telling:
        """From the changes before it to the last line of the script; `ended` is the moment of that."""
        moment = self.begin()
        for line in self.story.script:
            moment = max(self._moment(line), moment + timedelta(seconds=2))
            self._page_until(moment)
            VERBS[line.verb](self, line, moment)
        self.ended = moment
        return self

    def begin(self) -> datetime:
        """The changes before it, and the first alert or the person who declares it; nobody is paged yet."""
        self.words = words_for(self.story, self.number, self.start, self.world.rng)
        self._changes()
        if self.story.kind == "person":
            return self._declared()
        moment = self._send(0, self.start)
        newest = Alert.objects.filter(integration=self._door()).select_related("incident__service").first()
        if newest is None or newest.incident is None:
            raise LookupError(f"no alert came of {self.story.alerts[0].summary}")
        self.incident = newest.incident
        return moment

    def fill(self, text: str) -> str:
        """The text with its values and first names."""
        names = {part: str(user).partition(" ")[0] for part, user in self.cast.items()}
        return text.format_map({**self.words, **names})

    @property
    def service(self) -> Service:
        return self.world.estate.services[self.story.service]

    # --- What happens by itself

    def _changes(self) -> None:
        for minutes, summary in self.story.changes:
            happened = self.start - timedelta(minutes=minutes, seconds=self.world.rng.randrange(60))
            run = self.world.rng.randint(9_000, 9_900)
            change(self.service, self.fill(summary), happened, run)

    def _declared(self) -> datetime:
        """Somebody of another part than who is on call, so that the page finds another person."""
        self.incident = declare_new(
            actor=self._who(self.story.by),
            service=self.service,
            title=self.fill(self.story.title),
            summary=self.fill(self.story.summary),
            severity=self.story.severity,
            now=self.start,
        )
        return self.start

    def _moment(self, line: Line) -> datetime:
        return self.start + timedelta(minutes=line.minute, milliseconds=self.world.rng.randrange(40_000))

    def _page_until(self, moment: datetime) -> None:
        """The steps that were due before, each a little late as sweeps are, and what they sent."""
        if self.is_quiet:
            return
        due = (
            Escalation.objects.running().filter(incident=self.incident).values_list("next_step_at", flat=True)
        )
        while (step := due.first()) and step < moment:
            sweep(now=step + timedelta(milliseconds=self.world.rng.randint(15, 240)))
        self.is_quiet = step is None
        settle(subject=subject_of(self.incident), until=moment, rng=self.world.rng)

    def _who(self, part: str) -> User:
        """Before the page is answered, whoever was not on duty may join already."""
        if not self.cast:
            self._choose(on_duty(self.service, self.start))
        return self.cast[part]

    def _choose(self, away: set[int]) -> None:
        self.cast = choose(
            company=self.world.company,
            service=self.service,
            known=self.cast,
            away=away,
            rng=self.world.rng,
        )

    def _door(self) -> int:
        return self.world.estate.doors[self.story.service, self.story.kind].pk

    def _send(self, index: int, moment: datetime) -> datetime:
        """An event about the condition comes in and is worked through at once."""
        self._receive(index, moment)
        return self._work(moment)

    def _receive(self, index: int, moment: datetime, *, resolved: bool = False) -> None:
        if index not in self.conditions:
            self.conditions[index] = self._condition(self.story.alerts[index], moment)
        accept(
            integration_id=self._door(),
            endpoint="alert",
            body=body(self.story.kind, self.conditions[index], ended=moment if resolved else None),
            now=moment,
        )

    def _work(self, moment: datetime) -> datetime:
        done = moment + timedelta(milliseconds=self.world.rng.randint(20, 160))
        process(integration_id=self._door(), now=done)
        return done

    def _condition(self, text: AlertText, moment: datetime) -> Condition:
        return Condition(
            service=self.story.service,
            name=text.name,
            summary=self.fill(text.summary),
            source=self.fill(text.source),
            severity=text.severity,
            description=self.fill(text.description),
            began=moment - timedelta(seconds=self.world.rng.randint(45, 280)),
        )

    # --- What a script may say

    def acknowledge(self, line: Line, moment: datetime) -> None:
        """`ack link` or `ack web`: whoever was paged last answers, and is the lead from now on."""
        sent = Delivery.objects.about(subject_of(self.incident)).filter(
            kind=DeliveryKind.PAGE, state=DeliveryState.SENT
        )
        page = sent.select_related("user").order_by("sent_at", "id").last()
        if page is None or page.user is None:
            raise LookupError(f"nobody was paged for {self.incident}")
        self._choose({page.user.pk})
        self.cast["lead"] = page.user
        self.is_quiet = True
        if line.words == ("link",):
            transitions.acknowledge_by_link(token=acks.token(page.pk), now=moment)
        else:
            transitions.acknowledge(incident_id=self.incident.pk, actor=page.user, now=moment)

    def declare(self, line: Line, moment: datetime) -> None:
        """`declare 2 lead second`: severity, who says so, and who leads if somebody else."""
        severity, who, *leader = line.words
        transitions.declare(
            incident_id=self.incident.pk,
            actor=self._who(who),
            severity=int(severity),
            commander=self._who(leader[0]) if leader else None,
            now=moment,
        )

    def write(self, line: Line, moment: datetime) -> None:
        """`note who`, `hypothesis who`, `decision who`, `action who`."""
        happened = self.start + timedelta(minutes=line.happened) if line.happened is not None else None
        writing.add_note(
            incident_id=self.incident.pk,
            actor=self._who(line.words[0]),
            text=self.fill(line.text),
            kind=line.verb,
            happened_at=happened,
            now=moment,
        )

    def role(self, line: Line, moment: datetime) -> None:
        """`role communications comms`: given by the lead."""
        role, who = line.words
        writing.assign_role(
            incident_id=self.incident.pk,
            actor=self.cast["lead"],
            role=role,
            user=self._who(who),
            now=moment,
        )

    def update(self, line: Line, moment: datetime) -> None:
        """`update investigating partial_outage comms [internal]`."""
        phase, impact, who, *internal = line.words
        writing.publish_update(
            incident_id=self.incident.pk,
            actor=self._who(who),
            phase=phase,
            impact=impact,
            body=self.fill(line.text),
            is_public=not internal,
            now=moment,
        )

    def move(self, line: Line, moment: datetime) -> None:
        """`mitigate who`, `monitor who`, `relapse who`, `resolve who`, `dismiss who`; a closed one takes its alerts
        along."""
        self.incident = transitions.change_state(
            incident_id=self.incident.pk,
            verb=line.verb,
            actor=self._who(line.words[0]),
            note=self.fill(line.text),
            now=moment,
        )
        if not self.incident.is_open:
            close_alerts_of(incident_ids=[self.incident.pk], now=moment)

    def correct(self, line: Line, moment: datetime) -> None:
        """`title who`, `summary who`, or `severity 1 who`."""
        who = self._who(line.words[-1])
        if line.verb == "severity":
            writing.correct(incident_id=self.incident.pk, actor=who, severity=int(line.words[0]), now=moment)
        elif line.verb == "title":
            writing.correct(incident_id=self.incident.pk, actor=who, title=self.fill(line.text), now=moment)
        else:
            writing.correct(incident_id=self.incident.pk, actor=who, summary=self.fill(line.text), now=moment)

    def fire(self, line: Line, moment: datetime) -> None:
        """`fire 1`: the story's next condition, or one that goes on."""
        self._send(int(line.words[0]), moment)

    def clear(self, line: Line, moment: datetime) -> None:
        """`clear 1`, or `clear all` in the order in which they came."""
        for index in sorted(self.conditions) if line.words == ("all",) else [int(line.words[0])]:
            self._receive(index, moment, resolved=True)
        self._work(moment)

    def escalate(self, line: Line, moment: datetime) -> None:
        """`escalate who`: the next step does not wait."""
        self.is_quiet = False
        paging.escalate(incident_id=self.incident.pk, actor=self._who(line.words[0]), now=moment)


VERBS: dict[str, Callable[[Telling, Line, datetime], None]] = {
    "ack": Telling.acknowledge,
    "declare": Telling.declare,
    "note": Telling.write,
    "hypothesis": Telling.write,
    "decision": Telling.write,
    "action": Telling.write,
    "role": Telling.role,
    "update": Telling.update,
    "mitigate": Telling.move,
    "monitor": Telling.move,
    "relapse": Telling.move,
    "resolve": Telling.move,
    "dismiss": Telling.move,
    "title": Telling.correct,
    "summary": Telling.correct,
    "severity": Telling.correct,
    "fire": Telling.fire,
    "clear": Telling.clear,
    "escalate": Telling.escalate,
}
