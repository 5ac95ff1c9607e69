"""`pilotlight console`: a terminal at a site, while it goes on."""

import argparse
import re
import sys
import threading
from pathlib import Path
from typing import Any

from pilotlight_host.commands.port import add_port

ABOUT = """A terminal at the console of a site: history, completion, and below what you type what
the site says of itself, anew every two seconds. Several lines that are pasted go one by one, up to
the first that goes wrong. Ctrl-C clears the line (in another terminal it stops the site), Ctrl-D
leaves. Lines can come from a pipe, too; exits 1 if one went wrong."""

_HISTORY = "~/.pilotlight_history"
_FUNCTION = re.compile(r"^(\w+)\(", re.MULTILINE)
_SETTING = re.compile(r"^(\S+) = ", re.MULTILINE)
_OWN = (".log ", ".plot ", ".diagnose ", ".help", ".quit")


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "console", help="a terminal at a site that runs", description=ABOUT
    )
    add_port(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host.hand.link import port_of
    from pilotlight_host.hand.talk import Talk

    with Talk(port_of(options.port)) as talk:
        if sys.stdin.isatty():
            _with_person(talk)
            return 0
        is_good = True
        for line in sys.stdin:
            if line.strip() == ".quit":
                break
            print(f"> {line.strip()}", flush=True)
            is_good = talk.say(line, print) and is_good
        return 0 if is_good else 1


def _with_person(talk: Any) -> None:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory

    words = [*_functions(), *_OWN]

    def show(answer: str) -> None:
        print(answer)
        found = [f'tune("{key}", ' for key in _SETTING.findall(answer)]  # of tune()
        words.extend(word for word in found if word not in words)

    session: PromptSession[str] = PromptSession(
        history=FileHistory(Path(_HISTORY).expanduser()),
        completer=WordCompleter(words, sentence=True),
        complete_while_typing=False,
        bottom_toolbar=lambda: talk.status,
        refresh_interval=0.5,
    )
    talk.look()
    threading.Thread(target=talk.watch, daemon=True).start()
    print(f"site at {talk.port}: help() shows what it knows, .help what this terminal does")
    while True:
        try:
            text = session.prompt("> ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if text.strip() == ".quit":
            return
        talk.say(text, show)


def _functions() -> list[str]:
    """What can be typed. A board with other firmware may know more, or less."""
    from pilotlight_host.shims.install import install

    install()
    from pilotlight.services.helptext import HELP

    return [f"{name}(" for name in dict.fromkeys(_FUNCTION.findall(HELP))]
