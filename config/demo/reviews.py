"""Postmortems as they were written in the days after an incident, and what became of the promises in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from config.demo.story import ItemText, ReviewText
from config.demo.telling import Telling
from incidents.models import EntryKind
from postmortems import actions
from postmortems.models import ActionItem, ActionKind, Postmortem, Section, State, TimelineItem

DAY = timedelta(days=1)
SECTIONS = tuple(Section)
PINNED = (EntryKind.DECISION, EntryKind.OPENED)
OFTEN_SENT_BACK = 0.4
SENT_BACK = (
    "Please say in the impact how many customers this was, support will be asked.",
    "The impact stops where it gets interesting. Numbers, please.",
    "I was there and would not understand it from the impact alone. The rest is good.",
)


@dataclass(slots=True)
class Reviewing:
    """One postmortem on its way; `moment` is when the next thing happens."""

    told: Telling
    text: ReviewText
    now: datetime
    moment: datetime
    returned: bool

    def run(self, stage: str) -> Postmortem:
        """Write it and bring it as far as `stage`."""
        author = self.told.cast["second"]
        postmortem = actions.start(incident=self.told.incident, actor=author, now=self._next(30))
        written = SECTIONS if stage != State.DRAFT else SECTIONS[:2]
        for section in written:
            postmortem = self._write(postmortem, section, author, self._first(section))
        self._pin(postmortem, author)
        items = self.text.items if stage != State.DRAFT else self.text.items[:1]
        promised = [self._promise(postmortem, item, author) for item in items]
        if stage != State.DRAFT:
            self._review(postmortem, author, is_over=stage == State.PUBLISHED)
        for item, row in promised:
            self._keep(item, row)
        return postmortem

    def _next(self, most: int) -> datetime:
        """Some time later, at most so many minutes."""
        self.moment += timedelta(seconds=self.told.world.rng.randint(60, most * 60))
        return self.moment

    def _first(self, section: Section) -> str:
        """What is written at first: of an impact that will come back, only the first sentence."""
        text = str(getattr(self.text, section.value)).strip()
        if not self.returned or section != Section.IMPACT:
            return text
        return text.partition("\n")[0].partition(". ")[0].rstrip(".") + "."

    def _write(self, postmortem: Postmortem, section: Section, author: User, text: str) -> Postmortem:
        return actions.save_section(
            postmortem=postmortem,
            section=section,
            text=self.told.fill(text),
            seen=postmortem.version,
            actor=author,
            now=self._next(40),
        )

    def _pin(self, postmortem: Postmortem, author: User) -> None:
        for item in TimelineItem.objects.filter(postmortem=postmortem, kind__in=PINNED):
            actions.mark_item(
                item=item,
                is_pinned=True,
                is_hidden=False,
                comment="",
                actor=author,
                now=self._next(5),
            )

    def _promise(self, postmortem: Postmortem, item: ItemText, author: User) -> tuple[ItemText, ActionItem]:
        moment = self._next(15)
        row = actions.add_action_item(
            postmortem=postmortem,
            text=self.told.fill(item.text),
            owner=self.told.cast[item.owner],
            due_on=(moment + item.due * DAY).date(),
            kind=ActionKind(item.kind),
            actor=author,
            now=moment,
        )
        return item, row

    def _review(self, postmortem: Postmortem, author: User, *, is_over: bool) -> None:
        """Before two reviewers; sometimes it comes back once. Over, it is approved and published."""
        reviewers = [self.told.cast["lead"], self.told.cast["comms"]]
        actions.submit(postmortem=postmortem, reviewers=reviewers, actor=author, now=self._next(30))
        if self.returned:
            self._improve(postmortem, author, reviewers)
        self.moment += DAY
        actions.approve(
            postmortem=postmortem,
            comment=self.told.fill(self.text.comment),
            actor=reviewers[0],
            now=self._next(400),
        )
        if is_over:
            actions.publish(postmortem=postmortem, actor=reviewers[0], now=self._next(300))

    def _improve(self, postmortem: Postmortem, author: User, reviewers: list[User]) -> None:
        """It comes back with a question, and goes again with the answer."""
        self.moment += DAY
        row = actions.send_back(
            postmortem=postmortem,
            comment=self.told.world.rng.choice(SENT_BACK),
            actor=reviewers[1],
            now=self._next(200),
        )
        row = self._write(row, Section.IMPACT, author, self.text.impact.strip())
        actions.submit(postmortem=row, reviewers=reviewers, actor=author, now=self._next(300))

    def _keep(self, item: ItemText, row: ActionItem) -> None:
        """A promise kept, if its day has come by now."""
        if item.done is None:
            return
        done_at = row.created_at + item.done * DAY + timedelta(minutes=self.told.world.rng.randrange(400))
        if done_at < self.now:
            verb = "drop" if item.dropped else "complete"
            actions.move_action_item(item=row, verb=verb, actor=row.owner, now=done_at)


def review(*, told: Telling, stage: str, now: datetime) -> None:
    """The postmortem of a told story that has a text for one."""
    if told.story.review is not None:
        returned = told.world.rng.random() < OFTEN_SENT_BACK
        Reviewing(told, told.story.review, now, told.ended + 0.8 * DAY, returned).run(stage)
