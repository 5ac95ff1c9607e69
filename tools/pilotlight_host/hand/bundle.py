"""What somebody who is asked for help wants to see of a site: files by name. Without passwords.

Of a site that runs, all is asked at its console, and nothing is stopped. Of one that does not,
there are its files and what it says when it is started.
"""

import ast
import json
import re
import time
from collections.abc import Callable
from typing import Any

from pilotlight_host.errors import UserError

from . import archive, site, spool
from .link import Link
from .prompt import NotRunningError, Prompt

Files = dict[str, bytes]
Progress = Callable[[str, int, int], None]

HINT = "no passwords are in it; read it before you give it away"
ASKED = {
    "status.txt": "status()",
    "snapshot.json": "snapshot()",
    "log.txt": "log()",
    "ledger.txt": "ledger()",
    "diary.txt": "diary()",
    "decisions.txt": "decisions()",
    "decisions.json": 'decisions("json")',
    "tune.txt": "tune()",
    "orders.txt": "dim()",
    "recording.txt": "record()",
    "calibration.txt": "calibrate()",
}
_ABOUT = {
    "micropython": '__import__("sys").version',
    "platform": '__import__("sys").platform',
    "firmware": '__import__("pilotlight").VERSION',
    "heap_used": '__import__("gc").mem_alloc()',
    "heap_free": '__import__("gc").mem_free()',
}
_RECORDED = ("record.old", "record.cut", "record.bin")
_FILES = (site.NAME, "kept.a", "kept.b", "orders.log", "orders.old", *_RECORDED)
_WITH_FILES = ("rp2", "esp32")  # platforms whose working directory is the board's storage
_PICO = "rp2"
_CHUNK = 768
_OUTLET = re.compile(r"^outlet (\d+) ", re.MULTILINE)


def save(file: str, port: str, progress: Progress) -> Files:
    """Put it into a .zip."""
    files = collect(port, progress)
    archive.write(file, files)
    return files


def collect(port: str, progress: Progress) -> Files:
    """All of it. UserError if nothing answers there."""
    try:
        with Prompt(port) as prompt:
            files = _of_site(prompt, progress)
    except NotRunningError:
        files = _of_stopped(port, progress)
    if site.NAME in files:
        files[site.NAME] = site.without_passwords(files[site.NAME])
    return files


def _about(told: dict[str, Any]) -> bytes:
    about = {"asked_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())} | told
    return json.dumps(about, indent=1).encode()


def _of_site(prompt: Prompt, progress: Progress) -> Files:
    told = {key: prompt.ask(line) for key, line in _ABOUT.items()}
    files = {"about.json": _about({"site": "runs"} | told)}
    for number, (name, line) in enumerate(ASKED.items(), 1):
        files[name] = prompt.ask(line).encode()
        progress("questions", number, len(ASKED))
    numbers = _OUTLET.findall(files["status.txt"].decode())
    whys = [prompt.ask(f"why({number})") for number in numbers]
    files["why.txt"] = "\n".join(whys).encode()
    if told["platform"] == _PICO:  # before the files: it may come to one meanwhile
        waiting = spool.read(lambda line: _value(prompt, line), progress)
        files |= {spool.NAME: waiting} if waiting else {}
    if told["platform"] in _WITH_FILES:
        there = _value(prompt, '__import__("os").listdir()')
        for name in _FILES:
            if name in there:
                files[name] = _file(prompt, name, progress)
    return files


def _value(prompt: Prompt, line: str) -> Any:
    """What the board answers, as a value. UserError with what it says instead."""
    answer = prompt.ask(line)
    try:
        return ast.literal_eval(answer)
    except (ValueError, SyntaxError):
        raise UserError(f"{line}: the board says {answer!r}", 1) from None


def _file(prompt: Prompt, name: str, progress: Progress) -> bytes:
    """A file as it is now, a piece at a time."""
    size = _value(prompt, f'__import__("os").stat("{name}")[6]')
    content = b""
    while len(content) < size:
        line = f'(lambda f: (f.seek({len(content)}), f.read({_CHUNK}))[1])(open("{name}", "rb"))'
        piece = _value(prompt, line)
        if not piece:
            break
        content += piece
        progress(name, min(len(content), size), size)
    return content


def _of_stopped(port: str, progress: Progress) -> Files:
    link = Link(port)
    try:
        link.stop()
        there = [name for name in link.names() if name in _FILES]
        files: Files = {"about.json": _about({"site": "does not run"})}
        for number, name in enumerate(there, 1):
            files[name] = link.read(name) or b""
            progress("files", number, len(there))
        if link.value('__import__("sys").platform') == _PICO:
            waiting = spool.read(link.value, progress)
            files |= {spool.NAME: waiting} if waiting else {}
        files["why_it_ends.txt"] = "\n".join(link.why_it_ends()).encode()
    finally:
        link.close()
    return files
