#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One command for everything a developer does here; needs nothing but Python.

python3 dev.py demo [--for SECONDS]   start the program with its own broker and a simulated plant
python3 dev.py run [ARGUMENTS]        start the program; everything after `run` goes to it (try: run --help)
python3 dev.py test [ARGUMENTS]       check, then pytest against a real mosquitto; ARGUMENTS go to pytest
python3 dev.py check                  ruff, mypy and the import contracts
python3 dev.py shots [ARGUMENTS]      save pictures of every panel and dialog
python3 dev.py bench [ARGUMENTS]      measure speed and memory (try: bench --help)
python3 dev.py package                build the wheel into dist/

The first run installs missing system packages (apt, as root or through sudo) and makes .venv; later runs start at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / ".dev-stamp"
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)

# Debian's package -> the library in it that Qt loads. The second name of glib is the one from Debian 13 on.
QT_LIBRARIES = {
    "libgl1": "libGL.so.1",
    "libegl1": "libEGL.so.1",
    "libglib2.0-0|libglib2.0-0t64": "libglib-2.0.so.0",
    "libfontconfig1": "libfontconfig.so.1",
    "libdbus-1-3": "libdbus-1.so.3",
    "libgssapi-krb5-2": "libgssapi_krb5.so.2",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libwayland-cursor0": "libwayland-cursor.so.0",
}
PROGRAMS = {
    "mosquitto": "mosquitto",
    "mosquitto-clients": "mosquitto_sub",
    "xvfb": "Xvfb",
    "xauth": "xauth",
    "xdotool": "xdotool",
}
FONTS = {"fonts-inter": "Inter", "fonts-jetbrains-mono": "JetBrainsMono"}


def say(text: str) -> None:
    """Prints progress on stderr, so that stdout belongs to the program that is started."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


def fail(text: str) -> NoReturn:
    """Ends with status 1 and one clear text."""
    say(text)
    sys.exit(1)


# --- system packages ------------------------------------------------------------------------------------------------


def find_program(name: str) -> str | None:
    """Looks where a plain user's PATH does not: mosquitto lives in /usr/sbin."""
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"]
    return shutil.which(name, path=os.pathsep.join(places))


def has_library(name: str) -> bool:
    """Asks the dynamic linker itself: right on every distribution."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_font(prefix: str) -> bool:
    """Looks for a font file by the start of its name."""
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts"]
    return any(file for folder in folders for file in folder.rglob(f"{prefix}*.[ot]t[fc]"))


def missing_packages(python: str) -> list[str]:
    """Lists the Debian packages whose contents are not found on this machine."""
    missing = [package for package, library in QT_LIBRARIES.items() if not has_library(library)]
    missing += [package for package, program in PROGRAMS.items() if not find_program(program)]
    missing += [package for package, font in FONTS.items() if not has_font(font)]
    if not VENV_PYTHON.exists() and not runs(python, "import ensurepip, venv"):
        # Debian keeps venv in a package per version; python3-venv belongs to /usr/bin/python3.
        own = Path(python).resolve() == Path("/usr/bin/python3").resolve()
        version = ".".join(str(part) for part in version_of(python)[:2])
        missing.append("python3-venv" if own else f"python{version}-venv")
    return missing


def needed_packages(word: str, missing: list[str]) -> list[str]:
    """Picks those of the missing packages without which the word cannot work."""
    needed = {name for name in missing if name.endswith("-venv")}
    if word != "check":
        needed |= set(QT_LIBRARIES)
    if word in ("test", "bench"):
        needed |= {"mosquitto", "mosquitto-clients"}
        needed |= {
            "xvfb",
            "xdotool",
        }  # the benchmarks drive the real window by keys; the tests run them small
    if word == "demo" and not has_display():
        needed.add("xvfb")
    return [package for package in missing if package in needed]


def apt_names(packages: list[str]) -> list[str]:
    """Chooses between the names a package has in different Debian releases."""
    names = []
    for package in packages:
        first, _, second = package.partition("|")
        known = (
            second
            and subprocess.run(["apt-cache", "show", second], capture_output=True, check=False).returncode
            == 0
        )
        names.append(second if known else first)
    return names


def apt_install(missing: list[str]) -> bool:
    """Installs packages as root or through a sudo that asks nothing; returns whether it could try and apt agreed."""
    prefix: list[str] = []
    if os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if not sudo or subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode != 0:
            return False
        prefix = [sudo, "-n"]
    prefix += ["env", "DEBIAN_FRONTEND=noninteractive"]
    say(f"refreshing apt's lists{' with sudo' if os.geteuid() else ''}")
    if quiet([*prefix, "apt-get", "update"]) != 0:
        say("apt-get update failed; trying with the lists as they are")
    packages = apt_names(missing)
    say(f"installing with apt{' and sudo' if os.geteuid() else ''}: {' '.join(packages)}")
    if "mosquitto" in packages:
        say("(Debian also starts mosquitto as a service on 127.0.0.1:1883; this project never uses that one)")
    return quiet([*prefix, "apt-get", "install", "--yes", "--no-install-recommends", *packages]) == 0


def quiet(command: list[str]) -> int:
    """Runs a command and shows what it printed only when it failed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        print("\n".join(done.stdout.splitlines()[-20:]), file=sys.stderr)
    return done.returncode


def prepare_system(word: str, python: str) -> None:
    """Sees to the system packages a word needs, or says in one line how to get them."""
    if not sys.platform.startswith("linux"):
        if word in ("test", "bench") and not find_program("mosquitto"):
            fail(
                "mosquitto is not installed; the tests need a real broker. Get it from mosquitto.org or your package manager."
            )
        return
    missing = missing_packages(python)
    if not missing:
        return
    apt = shutil.which("apt-get") is not None
    if apt and apt_install(missing):
        missing = missing_packages(python)
    needed = needed_packages(word, missing)
    if not missing:
        return
    if apt:
        names = " ".join(apt_names(missing))
        line = f"    sudo apt-get update && sudo apt-get install --yes --no-install-recommends {names}"
        text = f"these system packages are missing; an administrator installs them with\n{line}"
    else:
        contents = {**QT_LIBRARIES, **PROGRAMS, **FONTS}
        text = "install these with your system's package manager: " + ", ".join(
            contents.get(name, name) for name in missing
        )
    if needed:
        fail(
            f"{text}\nWithout {', '.join(name.split('|')[0] for name in needed)} `{word}` cannot work. Then run the same command again."
        )
    say(f"{text}\nGoing on without them.")


# --- Python and the virtual environment -----------------------------------------------------------------------------


def runs(python: str, code: str) -> bool:
    """Tells whether an interpreter runs a piece of code without an error."""
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def version_of(python: str) -> tuple[int, ...]:
    """Asks an interpreter for its version; () when it does not run (a shim without a Python behind it)."""
    if python == sys.executable:
        return tuple(sys.version_info[:3])
    code = "import sys; print(*sys.version_info[:3])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return ()
    return tuple(int(part) for part in done.stdout.split()) if done.returncode == 0 else ()


def choose_python() -> str:
    """Finds a Python this project runs on, the one running this file first."""
    names = [
        "python3",
        *(f"python3.{minor}" for minor in range(NEWEST_PYTHON[1], OLDEST_PYTHON[1] - 1, -1)),
        "python",
    ]
    for candidate in [sys.executable, *filter(None, map(shutil.which, names))]:
        if OLDEST_PYTHON <= version_of(candidate)[:2] <= NEWEST_PYTHON:
            return candidate
    fail(
        f"Python 3.{OLDEST_PYTHON[1]} to 3.{NEWEST_PYTHON[1]} is needed; this is {sys.version.split()[0]} and no other was found. "
        f"Install one (Debian 12 and later have it as python3) and run: python3.{NEWEST_PYTHON[1]} dev.py …"
    )


def stamp_text() -> str:
    """Describes what the virtual environment was made from; another text means it is out of date."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return f"{ROOT} {digest.hexdigest()}"


def prepare_venv(python: str) -> None:
    """Makes .venv and installs the project into it, unless the stamp says that this was done."""
    if VENV_PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == stamp_text():
        return
    if not runs(str(VENV_PYTHON), "import pip") if VENV_PYTHON.exists() else True:
        version = ".".join(map(str, version_of(python)))
        say(f"making .venv with Python {version} ({python})")
        if quiet([python, "-m", "venv", "--clear", str(VENV)]) != 0:
            fail("the virtual environment could not be made; the reason stands above.")
    say(
        "installing the versions of constraints.txt into .venv (about 200 MB the first time, a minute or two)"
    )
    command = [
        str(VENV_PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    if quiet([*command, "-c", "constraints.txt", "-e", ".[dev,demo,formats,protoc]"]) != 0:
        fail(
            "pip could not install the project; the reason stands above. Nothing else was changed: run the same command again."
        )
    STAMP.write_text(stamp_text(), encoding="utf-8")


# --- words ----------------------------------------------------------------------------------------------------------


def python_module(*arguments: str) -> int:
    """Becomes `python -m …` of the virtual environment, so that signals and the exit status are the program's own."""
    command = [str(VENV_PYTHON), "-m", *arguments]
    if os.name != "nt":  # execv there returns to the shell while the program still runs
        sys.stdout.flush()
        os.execv(command[0], command)
    return subprocess.call(command)


def check() -> list[str]:
    """Runs all static checks and returns the names of those that failed."""
    scripts = VENV_PYTHON.parent
    commands = {
        "ruff format": [str(scripts / "ruff"), "format", "--check", "."],
        "ruff check": [str(scripts / "ruff"), "check", "."],
        "mypy": [str(scripts / "mypy")],
        "lint-imports": [str(scripts / "lint-imports")],
    }
    failed = []
    for name, command in commands.items():
        say(name)
        if subprocess.call(command) != 0:
            failed.append(name)
    return failed


def run_check(arguments: list[str]) -> int:
    """The word `check`."""
    if arguments:
        fail("`check` takes no arguments.")
    if failed := check():
        say(f"failed: {', '.join(failed)}")
        return 1
    say("all checks passed")
    return 0


def run_test(arguments: list[str]) -> int:
    """The word `test`: pytest's summary is the last line, so nothing is printed after it."""
    if failed := check():
        say(f"failed: {', '.join(failed)}; pytest was not run")
        return 1
    say("pytest")
    workers = []
    if not any(argument.startswith("-n") for argument in arguments):
        # Three on two cores, because many tests wait; slow files with few tests not last, or one worker would end alone.
        workers = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
    return python_module("pytest", *workers, *arguments)


def run_package(arguments: list[str]) -> int:
    """The word `package`: the wheel is what exists so far."""
    if arguments:
        fail("`package` takes no arguments.")
    dist = ROOT / "dist"
    if quiet([str(VENV_PYTHON), "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(dist), str(ROOT)]) != 0:
        fail("the wheel could not be built; the reason stands above.")
    wheel = max(dist.glob("*.whl"), key=lambda file: file.stat().st_mtime)
    say(
        "built the wheel; this version has no installers (deb, AppImage, Windows, macOS) yet. Install it with: pipx install FILE"
    )
    print(wheel.relative_to(ROOT))
    return 0


def has_display() -> bool:
    """Tells whether a window can be shown to somebody."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def take_seconds(arguments: list[str]) -> tuple[float | None, list[str]]:
    """Splits `--for SECONDS` off the arguments; the rest belongs to the program."""
    if "--for" not in arguments:
        return None, arguments
    place = arguments.index("--for")
    value = arguments[place + 1] if place + 1 < len(arguments) else ""
    try:
        return float(value), arguments[:place] + arguments[place + 2 :]
    except ValueError:
        fail(f"--for takes a number of seconds, not {value!r}.")


def run_demo(arguments: list[str]) -> int:
    """The word `demo`."""
    seconds, arguments = take_seconds(arguments)
    command = [str(VENV_PYTHON), "-m", "mqtt_explorer", "--demo", *arguments]
    # SIGTERM ends the demo as Ctrl+C does: the program closes its broker, the virtual screen goes too. SIGINT is set as well
    # because a shell starts background jobs (`dev.py demo &`) with Ctrl+C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if has_display():
        return end_with(subprocess.Popen(command, start_new_session=True), None, seconds)
    folder = Path(tempfile.mkdtemp(prefix="mqtt-explorer-qt-window-"))
    metrics, screenshot = folder / "metrics.jsonl", folder / "window.png"
    say("no display: the window opens on a virtual screen (Xvfb). Ctrl+C ends it.")
    with virtual_screen() as display:
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        command += ["--metrics", str(metrics), "--screenshot", str(screenshot)]
        status = end_with(
            subprocess.Popen(command, env=environment, start_new_session=True), metrics, seconds
        )
    if screenshot.exists():
        print(f"screenshot: {screenshot}", flush=True)
    else:
        say("the program saved no screenshot")
        return status or 1
    return status


@contextlib.contextmanager
def virtual_screen() -> Any:
    """Starts Xvfb on a free display number and yields the display's name."""
    xvfb = find_program("Xvfb")
    if xvfb is None:
        fail("Xvfb is not installed (Debian package xvfb); without it or a display no window can open.")
    reader, writer = os.pipe()
    command = [xvfb, "-displayfd", str(writer), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL, start_new_session=True)
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            fail("Xvfb ended before it opened a screen; start it by hand to see why: Xvfb :99")
        yield f":{number}"
    finally:
        process.terminate()
        process.wait()


def end_with(process: subprocess.Popen[bytes], metrics: Path | None, seconds: float | None) -> int:
    """Watches the program until it ends, the time is over or Ctrl+C comes; returns the exit status to give on."""
    started = time.monotonic()
    try:
        while seconds is None or time.monotonic() - started < seconds:
            rest = 1.0 if seconds is None else max(0.0, seconds - (time.monotonic() - started))
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(min(1.0, rest))
                if status != 0:
                    say(f"the program ended by itself with status {status}")
                return status
            if metrics is not None:
                print(f"[{time.monotonic() - started:4.0f} s] {status_line(metrics)}", flush=True)
    except KeyboardInterrupt:
        say("ending")
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        return process.wait(10)
    process.kill()
    process.wait()
    say("the program did not end within 10 seconds and was killed")
    return 1


def status_line(metrics: Path) -> str:
    """Says the newest line of the metrics file in words."""
    try:
        newest = metrics.read_text(encoding="utf-8").splitlines()[-1]
        data = json.loads(newest)
    except (OSError, IndexError, ValueError):
        return "starting"
    gap = (data.get("loop_gap_ms") or {}).get("p99")
    parts = [
        f"{data.get('state')}",
        f"{data.get('topics')} topics",
        f"{data.get('received')} messages",
        f"{data.get('received_per_s') or 0:.0f}/s",
        f"dropped {data.get('dropped')}",
        "loop lag p99 " + (f"{gap:.1f} ms" if isinstance(gap, (int, float)) else "–"),
        f"{(data.get('rss_bytes') or 0) / 1e6:.0f} MB",
    ]
    return " · ".join(parts)


WORDS = {
    "demo": run_demo,
    "run": lambda arguments: python_module("mqtt_explorer", *arguments),
    "test": run_test,
    "check": run_check,
    "shots": lambda arguments: python_module("tests.shots", *arguments),
    "bench": lambda arguments: python_module("tests.perf", *arguments),
    "package": run_package,
}


def main() -> int:
    """Prepares the machine as far as needed and runs the word."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    if not arguments or arguments[0] not in WORDS:
        print(__doc__, file=sys.stderr)
        if arguments:
            say(f"there is no word {arguments[0]!r}; the words stand above.")
        return 2
    word = arguments[0]
    if word == "demo" and {"-h", "--help"} & set(arguments[1:]):
        print(__doc__)
        return 0
    os.chdir(ROOT)
    python = choose_python()
    prepare_system(word, python)
    prepare_venv(python)
    status: int = WORDS[word](arguments[1:])
    # A child that died of signal N gives -N; shells say 128 + N.
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
