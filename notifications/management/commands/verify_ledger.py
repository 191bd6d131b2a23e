"""Whether an exported ledger is as it was signed."""

from __future__ import annotations

from argparse import ArgumentParser
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management.base import BaseCommand, CommandError

from notifications.ledger import comparing, signing
from notifications.ledger.checking import Finding, NotALedger, check


class Command(BaseCommand):
    """Exit code 0 when it is valid; else 1, with what was changed as far as that can be told."""

    help = (
        "Verify a ledger that was exported as JSON or CSV, or the line of a postmortem's PDF "
        "(--about, --digest and --signature)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the exported file")
        parser.add_argument(
            "--public-key", help="a file with the key (PEM or base64); this installation's when left out"
        )
        parser.add_argument("--about", help='of a PDF: the subject, such as "incident:42"')
        parser.add_argument("--digest", help="of a PDF: the digest of the ledger")
        parser.add_argument("--signature", help="of a PDF: the signature in base64")

    def handle(self, *args: Any, **options: Any) -> None:
        public = _key(options["public_key"])
        if options["file"] is None:
            return self._line(options, public)
        try:
            found = check(_bytes(options["file"]), public)
        except NotALedger as error:
            raise CommandError(str(error)) from error
        if found.valid:
            return self.stdout.write(f"valid: {_words(found)}, signed by the key {signing.id_of(public)}")
        return self._changed(found, compare=options["public_key"] is None)

    def _changed(self, found: Finding, *, compare: bool) -> None:
        for problem in found.problems:
            self.stderr.write(problem)
        if compare and found.lines:
            most = comparing.MOST_SHOWN
            for difference in islice(comparing.differences(found.about, found.lines), most):
                self.stderr.write(difference)
        raise CommandError(f"NOT VALID: {_words(found)}")

    def _line(self, options: dict[str, Any], public: Ed25519PublicKey) -> None:
        about, digest, signature = (options[name] for name in ("about", "digest", "signature"))
        if not (about and digest and signature):
            raise CommandError("Name a file, or --about, --digest and --signature.")
        if not signing.fits(signing.statement(about, digest), signature, public):
            raise CommandError(f"NOT VALID: this signature is not over {about} with this digest")
        return self.stdout.write(f"valid: {about}, signed by the key {signing.id_of(public)}")


def _key(path: str | None) -> Ed25519PublicKey:
    if path is None:
        return signing.public_key()
    try:
        return signing.read_key(_bytes(Path(path)).decode())
    except (signing.BadKey, UnicodeDecodeError) as error:
        raise CommandError(str(error)) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _words(found: Finding) -> str:
    return f"{found.about}, made {found.made_at}, {found.count} lines"
