"""The gates of CI besides the tests: style, types, layers, migrations, deployment settings."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ops.layout import ROOT, Layout
from ops.servers import Servers, environment, settings_of

PYTHON = sys.executable
GATES = {
    "ruff": [PYTHON, "-m", "ruff", "check", "."],
    "mypy": [PYTHON, "-m", "mypy", "."],
    "layers": [PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}


def main() -> int:
    """Run every gate, also after one failed; return 1 if any did."""
    with tempfile.TemporaryDirectory(prefix="tocsin-gates-") as folder:
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        layout = Layout.at(Path(folder))
        layout.make()
        servers = Servers(layout)
        try:
            servers.start()
            variables = environment(settings_of(layout, servers, {}))
            failed = [name for name, command in GATES.items() if not passes(name, command, variables)]
        finally:
            servers.stop()
    print(f"Gates failed: {', '.join(failed)}" if failed else "All gates passed.", flush=True)
    return 1 if failed else 0


def passes(name: str, command: list[str], variables: dict[str, str]) -> bool:
    """Run one gate, print its outcome and time, and its output if it failed."""
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    ok = done.returncode == 0
    print(f"gate {name}: {'passed' if ok else 'FAILED'} in {time.monotonic() - began:.1f} s", flush=True)
    if not ok:
        print(done.stdout, flush=True)
    return ok


if __name__ == "__main__":
    sys.exit(main())
