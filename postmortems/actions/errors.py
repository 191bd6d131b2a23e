"""Why a write was refused. `str()` of each is a sentence for the person who tried."""

from __future__ import annotations

from django.utils.translation import gettext as _

from postmortems.models import Revision, Section


class Refused(Exception):
    """The base of all; nothing was written."""


class NotResolved(Refused):
    def __init__(self) -> None:
        super().__init__(_("A postmortem is written once its incident is resolved."))


class NotDraft(Refused):
    def __init__(self) -> None:
        super().__init__(_("Only a draft can be changed. Return it to draft first."))


class NotInReview(Refused):
    def __init__(self) -> None:
        super().__init__(_("It is not in review."))


class Changed(Refused):
    """Someone else moved it between reading and writing."""

    def __init__(self) -> None:
        super().__init__(_("Someone was faster: it changed while you looked at it. Look again."))


class Conflict(Refused):
    """Someone else saved the same section since the writer opened it. `latest` is what stands there now."""

    def __init__(self, latest: Revision, version: int) -> None:
        super().__init__(_("%(name)s saved this section while you wrote.") % {"name": latest.author})
        self.latest = latest
        self.version = version


class Incomplete(Refused):
    def __init__(self, sections: list[Section]) -> None:
        names = ", ".join(str(section.label) for section in sections)
        super().__init__(_("Reviewers need these first: %(sections)s.") % {"sections": names})
        self.sections = sections


class OwnWork(Refused):
    def __init__(self) -> None:
        super().__init__(_("Someone other than the author has to approve it."))


class NotApproved(Refused):
    def __init__(self) -> None:
        super().__init__(_("It needs the approval of someone other than the author before it is published."))


class ReasonNeeded(Refused):
    def __init__(self) -> None:
        super().__init__(_("Say why, so that the record shows it."))
