"""`pilotlight replay`: decides again what a board has recorded. Times in s since the recording
began.
"""

import argparse
from typing import Any

from pilotlight_host.commands import output
from pilotlight_host.errors import UserError

ABOUT = """Reads what record(True) on the console has recorded, builds the firmware's own balancer
from the recorded site, and makes every decision again: each must be the same, and every number it
stands on. Prints when who was offered what, and why. Exits 1 and names the first that is not the
same, if there is one. Several files of one recording: the older first (record.old record.bin), or
the .zip of `pilotlight diagnose`.

With --set it also says what another setting would have decided at each moment. Everything else
stays as recorded: what the house and the cars drew, and what outlets told their cars. Cars that
are offered something else draw something else, which it cannot know: read it as what would have
been decided at this moment, not as how the day would have gone."""


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "replay",
        help="decide again what a board has recorded",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "files", nargs="+", metavar="FILE", help="record.bin of a board, or a .zip"
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="what another setting would have decided, like feeders[0].limit_a=25 or "
        "site.policy=priority; may be given several times",
    )
    command.add_argument("--json", metavar="FILE", help="write all of it as JSON; - is stdout")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    output.check_file("--json", options.json)
    from pilotlight_host.replay import reader
    from pilotlight_host.replay.replay import Replay

    recordings = [found for path in options.files for found in reader.read_all(path)]
    for recording in recordings[1:]:
        if recording.site != recordings[0].site:
            raise UserError(f"{recording.path}: is of another site than {recordings[0].path}")
    replay = Replay(*_deciders(recordings[0], options.set))
    for recording in recordings:
        replay.add(recording)
    result = replay.result
    if options.json is not None:
        report = result.as_json() | {"set": options.set, "cut": [r.cut for r in recordings]}
        output.write_json(report, options.json)
    if options.json != "-":
        for line in _lines(result, recordings, options.set):
            print(line)
    return 0 if result.disagreement is None else 1


def _deciders(recording: Any, words: list[str]) -> tuple[Any, ...]:
    from pilotlight_host.replay.decider import Decider

    decider = Decider(recording.site, recording.texts)
    if not words:
        return (decider,)
    from pilotlight_host.replay import setting

    return (decider, *setting.other(recording.site, words))


def _lines(result: Any, recordings: list[Any], words: list[str]) -> Any:
    yield from _table(result) if not words else _comparison(result, words)
    yield ""
    for recording in recordings:
        yield from [f"left out: {error}" for error in recording.left_out]
        if recording.cut:
            yield f"{recording.path}: {recording.cut} bytes in it are torn, and left out"
    yield (
        f"recorded by Pilotlight {result.version}: {result.span_ms / 1000:.0f} s, "
        f"{result.decisions} decisions, {len(result.changes)} changes of offers"
    )
    if result.gaps:
        yield (
            f"{result.gaps} times it breaks off and begins anew; {result.missed} decisions there "
            "are known to be missing"
        )
    wrong = result.disagreement
    if wrong is None:
        yield "decided again: all the same"
        return
    yield (
        f"decided again: decision {wrong.decision} at {wrong.t_ms / 1000:.1f} s is not the same: "
        f"{wrong.what}: recorded {wrong.recorded}, now {wrong.replayed}"
    )
    if result.unproved:
        yield f"{result.unproved} decisions, up to the next segment each, were not compared"


def _table(result: Any) -> Any:
    yield f"{'s':>9}  outlet  {'from A':>7}  {'to A':>7}  why"
    for row in result.changes:
        yield (
            f"{row.t_ms / 1000:9.1f}  {row.outlet:>6}  {row.from_ma / 1000:7.1f}  "
            f"{row.to_ma / 1000:7.1f}  {row.why}"
        )


def _comparison(result: Any, words: list[str]) -> Any:
    yield f"with {', '.join(words)}; all that was measured and told stays as recorded"
    yield f"{'s':>9}  outlet  {'was A':>7}  {'then A':>7}  why it would have been"
    for row in result.differences:
        why = "the same again" if row.was_ma == row.other_ma else row.why
        yield (
            f"{row.t_ms / 1000:9.1f}  {row.outlet:>6}  {row.was_ma / 1000:7.1f}  "
            f"{row.other_ma / 1000:7.1f}  {why}"
        )
    if not result.differences:
        yield "          nothing would have been decided differently"
    for number, (was_ma, other_ma) in enumerate(result.mean_ma, 1):
        yield (
            f"outlet {number}: offered {was_ma / 1000:.1f} A on average, "
            f"{other_ma / 1000:.1f} A with that"
        )
