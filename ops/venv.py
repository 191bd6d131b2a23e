"""The environment of every command in `bin/`: `.venv`, made on the first use and when the pins change.

Uses the standard library alone, and syntax that Python 3.6 can read, so that an old Python gets a sentence
instead of a traceback.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "tocsin.json")
OLDEST = (3, 11)
# A set of requirements holds those named after it too.
INCLUDES = {"embedded": ["embedded"], "dev": ["dev", "embedded"]}
NEEDED_BYTES = {"embedded": 700000000, "dev": 1200000000}


def enter(module: str, requirements: str) -> None:
    """Make the environment if it is not up to date and go on in it as `python -m module`; never returns."""
    require_python()
    use_writable_caches()
    try:
        if not is_current(requirements):
            make(requirements)
    except KeyboardInterrupt:
        sys.exit("Stopped. The environment is made again at the next start.")
    except PermissionError as error:
        sys.exit(f"{error.filename} cannot be written. Use a copy of Tocsin in a folder of your own.")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH")]))
    sys.stdout.flush()
    os.execv(PYTHON, [PYTHON, "-m", module, *sys.argv[1:]])  # noqa: S606 - no shell is wanted


def require_python() -> None:
    """Go on with a newer Python if this one is too old and there is one; else say what is needed."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other and runs([other, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]):
            os.execv(other, [other, *sys.argv])  # noqa: S606 - no shell is wanted
    found = ".".join(map(str, sys.version_info[:2]))
    sys.exit(
        f"Tocsin needs Python 3.11 or newer, and this is {found}. For example: apt-get install python3.11"
    )


def use_writable_caches() -> None:
    """Keep caches inside the project where there is no home folder to keep them in."""
    home = os.environ.get("HOME", "")
    if os.path.isdir(home) and os.access(home, os.W_OK):
        return
    cache = os.path.join(ROOT, "var", "cache")
    for name, folder in (("UV_CACHE_DIR", "uv"), ("PIP_CACHE_DIR", "pip"), ("XDG_CACHE_HOME", "xdg")):
        os.environ.setdefault(name, os.path.join(cache, folder))


def digest(requirements: str) -> str:
    """Return the hash of a set of pins."""
    with open(os.path.join(ROOT, "requirements", requirements + ".txt"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def is_current(requirements: str) -> bool:
    """Say whether `.venv` holds exactly these pins and its Python still runs."""
    try:
        with open(STAMP) as file:
            known = json.load(file)
    except (OSError, ValueError):
        return False
    return known.get(requirements) == digest(requirements) and os.access(PYTHON, os.X_OK)


def make(requirements: str) -> None:
    """Make or complete `.venv`, one process at a time; what an interrupted one left is thrown away."""
    os.makedirs(os.path.join(ROOT, "var"), mode=0o700, exist_ok=True)
    with open(os.path.join(ROOT, "var", "venv.lock"), "a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_current(requirements):
            return
        require_space(requirements)
        lock.seek(0)
        if lock.read() or not is_usable():
            shutil.rmtree(VENV, ignore_errors=True)
        lock.write("being made")
        lock.flush()
        print("Making the environment in .venv (about a minute the first time) …", flush=True)
        if not os.path.exists(PYTHON):
            create()
        install(requirements)
        write_stamp(requirements)
        lock.truncate(0)


def require_space(requirements: str) -> None:
    """Refuse to begin what the disk cannot hold."""
    free = shutil.disk_usage(ROOT).free
    needed = NEEDED_BYTES[requirements]
    if free < needed:
        room = f"{free // 1000000} MB free and the environment needs {needed // 1000000} MB"
        sys.exit(f"The disk of {ROOT} has {room}. Make room and start again.")


def is_usable() -> bool:
    """Say whether there is an environment with a Python that runs and is new enough."""
    return os.path.exists(PYTHON) and runs([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"])


def create() -> None:
    """Make an empty environment; Debian keeps a part of what this needs in a package of its own."""
    command = [sys.executable, "-m", "venv", "--clear", VENV]
    if runs(command):
        return
    package = f"python3.{sys.version_info[1]}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        runs(["apt-get", "update", "-qq"])
        if runs(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]) and runs(command):
            return
    shutil.rmtree(VENV, ignore_errors=True)
    sys.exit(f"Python's venv module does not work here. For example: sudo apt-get install {package}")


def install(requirements: str) -> None:
    """Install the pins with uv, which is fast, or with pip where uv cannot; both check the hashes."""
    pins = ["--require-hashes", "-r", os.path.join(ROOT, "requirements", requirements + ".txt")]
    if not runs([PYTHON, "-m", "pip", "--version"]):
        runs([PYTHON, "-m", "ensurepip"])
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    bootstrap = ["--require-hashes", "-r", os.path.join(ROOT, "requirements", "bootstrap.txt")]
    uv = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON]
    if runs(pip + bootstrap) and runs(uv + pins):
        return
    print("uv could not install; trying pip, which takes longer …", flush=True)
    done = subprocess.run(pip + pins, cwd=ROOT, env=installer_environment(), stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(explain(done.stderr.decode(errors="replace")))


def explain(errors: str) -> str:
    """Say in one line why the packages could not be installed."""
    if "No space left on device" in errors:
        return f"The disk of {ROOT} is full. Make room and start again."
    last = (errors.strip().splitlines() or ["no reason given"])[-1]
    return f"The packages could not be installed (is there a network, or an index in PIP_INDEX_URL?): {last}"


def write_stamp(requirements: str) -> None:
    """Note which pins the environment now holds."""
    with open(STAMP + ".new", "w") as file:
        json.dump({name: digest(name) for name in INCLUDES[requirements]}, file)
    os.replace(STAMP + ".new", STAMP)


def installer_environment() -> "dict[str, str]":
    """Give uv what pip was told about the index and the certificates, and never let it fetch a Python."""
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    environment.pop("PYTHONHOME", None)
    for pip_name, uv_name in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_CERT", "SSL_CERT_FILE")):
        if pip_name in environment:
            environment.setdefault(uv_name, environment[pip_name])
    return environment


def runs(command: "list[str]") -> bool:
    """Run a command quietly and say whether it worked."""
    quiet = subprocess.DEVNULL
    return (
        subprocess.run(command, cwd=ROOT, env=installer_environment(), stdout=quiet, stderr=quiet).returncode
        == 0
    )
