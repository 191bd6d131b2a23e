"""HTML on stdin; a line with the number of pages and a PDF on stdout. Run by postmortems/pdf.py, knows no Django.

The PDF is PDF/A-3a: archivable, tagged, with its fonts and language in it. Nothing is fetched: the only addresses
that are answered are those of the bundled fonts.
"""

from __future__ import annotations

import os
import resource
import sys
from io import BytesIO
from pathlib import Path

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
VARIANT = "pdf/a-3a"
MEMORY = 3 * 1024**3  # bytes of address space; a runaway document must not take the machine along

try:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse
except OSError as error:
    sys.exit(f"WeasyPrint cannot load Pango; install libpango-1.0-0 and libpangoft2-1.0-0 ({error}).")


class OnlyOurFonts(URLFetcher):  # type: ignore[misc] # WeasyPrint ships no types
    """Answers "font:<name>" from the bundled folder and refuses everything else, files and network alike."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        name = url.removeprefix("font:")
        if name == url or name not in {path.name for path in FONTS.glob("*.woff2")}:
            raise ValueError(f"refused: {url}")
        return URLFetcherResponse(url, (FONTS / name).read_bytes(), {"Content-Type": "font/woff2"})


def typeset(html: str) -> tuple[bytes, int]:
    """The PDF and its number of pages."""
    fonts, fetcher = FontConfiguration(), OnlyOurFonts()
    sheet = CSS(
        string=(HERE / "pdf.css").read_text(), font_config=fonts, url_fetcher=fetcher, base_url="font:"
    )
    document = HTML(string=html, url_fetcher=fetcher, base_url="font:").render(
        stylesheets=[sheet], font_config=fonts, pdf_variant=VARIANT
    )
    target = BytesIO()
    document.write_pdf(target, pdf_variant=VARIANT, custom_metadata=True)
    return target.getvalue(), len(document.pages)


def main() -> None:
    """One document, then the process ends and gives its memory back."""
    os.nice(10)  # pages go first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    content, pages = typeset(sys.stdin.buffer.read().decode())
    sys.stdout.buffer.write(f"{pages}\n".encode() + content)


if __name__ == "__main__":
    main()
