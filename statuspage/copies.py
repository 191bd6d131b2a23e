"""The web process's copies of all public pages: in memory, backed by disk, checked against the database.

A request never waits for the database longer than PATIENCE. A thread of its own asks, since neither a
connection pool nor name resolution keeps to a limit that short; while no answer comes, requests are served
from the copy at once and say so. One check serves every page and every request of the process.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field, replace

from django.db import DatabaseError, InterfaceError, connection

from statuspage import disk
from statuspage.disk import Stamp, Stored
from statuspage.models import Rendition, StatusPage

logger = logging.getLogger(__name__)

CHECK_EVERY = 0.5  # seconds: an update shows within a second in every process
CHECK_AGAIN = 3.0  # seconds after a failure
PATIENCE = 0.8  # seconds that a request waits for a check


@dataclass(frozen=True, slots=True)
class PageCopy:
    """One page as this process knows it."""

    stamp: Stamp
    files: dict[str, Stored] = field(default_factory=dict)


class Copies:
    """All pages of this process. `confirmed`: the last check against the database came through."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[str, PageCopy] = {}
        self._check: threading.Event | None = None
        self._next_check = 0.0
        self._failed = False
        self.confirmed = False

    def page(self, slug: str) -> PageCopy | None:
        """The newest copy of the page, confirmed within half a second where the database can be reached."""
        self.freshen()
        found = self._pages.get(slug)
        if found is None and not self.confirmed:
            found = self._from_disk(slug)
        return found

    def default_slug(self) -> str | None:
        """The page shown at the bare address; None without any."""
        self.freshen()
        stamps = {slug: copy.stamp for slug, copy in self._pages.items()}
        if not stamps and not self.confirmed:
            stamps = {slug: stamp for slug in disk.slugs() if (stamp := disk.read_stamp(slug))}
        return min(stamps, key=lambda slug: (not stamps[slug].is_default, slug), default=None)

    def freshen(self) -> None:
        """Check against the database if it is time, and wait for the answer for a moment.

        After a failure only the request that asks anew waits; those beside it are served at once.
        """
        with self._lock:
            check, waits = self._check, not self._failed
            if check is None and time.monotonic() >= self._next_check:
                check, waits = threading.Event(), True
                self._check = check
                threading.Thread(target=self._run, args=[check], name="statuspage", daemon=True).start()
        if check is not None and waits and not check.wait(PATIENCE):
            self.confirmed, self._failed = False, True

    def _run(self, check: threading.Event) -> None:
        came_through = False
        try:
            self.update()
            came_through = True
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Status pages are served from copies: %s", type(error).__name__)
        finally:
            # Back to the pool; the next check takes one that works.
            connection.close()
            pause = CHECK_EVERY if came_through else CHECK_AGAIN
            with self._lock:
                self._check, self._next_check = None, time.monotonic() + pause
                self.confirmed, self._failed = came_through, not came_through
            check.set()

    def update(self) -> None:
        """Take over what changed in the database: one query when nothing did. Raises DatabaseError."""
        columns = ("id", "slug", "version", "rendered_at", "time_zone", "is_default")
        rows = list(StatusPage.objects.exclude(rendered_at=None).values_list(*columns))
        for page_id, slug, *stamp in rows:
            self._take(slug, page_id, Stamp(*stamp))
        live = {row[1] for row in rows}
        if live != set(self._pages) or not self.confirmed:
            for slug in (set(self._pages) | disk.slugs()) - live:
                self._pages.pop(slug, None)
                disk.delete_page(slug)

    def _take(self, slug: str, page_id: int, stamp: Stamp) -> None:
        known = self._pages.get(slug)
        if known and known.stamp == stamp:
            return
        before = known.files if known else disk.read(slug)
        same = known is not None and known.stamp.version == stamp.version
        files = before if same else _fetch(page_id, before)
        self._pages[slug] = PageCopy(stamp, files)
        _keep(slug, before if disk.read_stamp(slug) else {}, files, stamp)

    def _from_disk(self, slug: str) -> PageCopy | None:
        stamp = disk.read_stamp(slug)
        if stamp is None:
            return None
        # No version that the database could have: another database may stand there once it is back.
        copy = PageCopy(replace(stamp, version=-1), disk.read(slug))
        with self._lock:
            return self._pages.setdefault(slug, copy)


def _fetch(page_id: int, known: dict[str, Stored]) -> dict[str, Stored]:
    """The page's files, reading only the bodies that differ from the known ones."""
    etags = dict(Rendition.objects.filter(page=page_id).values_list("path", "etag"))
    files = {path: known[path] for path, etag in etags.items() if path in known and known[path].etag == etag}
    rows = Rendition.objects.filter(page=page_id, path__in=set(etags) - set(files))
    for row in rows:
        files[row.path] = Stored(row.body, row.content_type, row.etag, row.last_changed_at)
    return files


def _keep(slug: str, before: dict[str, Stored], files: dict[str, Stored], stamp: Stamp) -> None:
    """Bring the disk to the same state, the stamp last. A full or read-only disk must not stop the page."""
    try:
        for path, stored in files.items():
            if path not in before or before[path].etag != stored.etag:
                disk.write(slug, path, stored)
        disk.delete(slug, set(before) - set(files))
        disk.write_stamp(slug, stamp)
    except OSError:
        logger.exception("The status page's copy on disk could not be written")


shared = Copies()
"""This process's copies."""
