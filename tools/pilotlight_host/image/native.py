"""Machine code instead of bytecode, for the modules that run in every control step, or while it is
recorded.

Their sources stay plain Python. It makes the step 1.6 times as fast and what is compiled so 2.5
times as large: functions of these modules that no quiet step comes to stay bytecode.
"""

import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from pilotlight_host.image.toolchain import ARM_NM
from pilotlight_host.paths import FIRMWARE

MODULES = (
    "core/balance.py",
    "core/base.py",
    "core/breaker.py",
    "core/claims.py",
    "core/deadline.py",
    "core/duty.py",
    "core/feeder.py",
    "core/mirror.py",
    "core/outlet.py",
    "core/pilot.py",
    "core/shares.py",
    "core/slots.py",
    "core/trust.py",
    "drivers/contactor.py",
    "drivers/pilot.py",
    "drivers/rp2/outlet.py",
    "services/control.py",
)

# made once, when something happens, now and then, for whoever asks; or, below, for each sample
COLD = frozenset(
    """__init__ snapshot why is_settled due_ms run _explain _tell _trip begin lasting acknowledge
    retry_after_trip show_f _enter _unplugged _halt _stay_in_f _go_x1 _relax _open_under_load
    _latch _accept _is_enough _has_left of measured clear _check plug_c calibrate reasons forget
    expire earlier heat aim_ma agrees wants_ventilation is_ready signalled_ma _last_plugged_on
    _lose _is_blind _is_power _may_close _climb _has_waited _slack_ma _centre _has_slack
    _pause _relax_is_due _raise
    offer _take _agreed _trimmed _exceeds _is_news _fuse _fuse_one _watch _spare_breaker _lower
    _divide _brief_on _remember_most base_ma _settled _plugged
    _bound _follow_edge _warm_breaker advance _warm flow
    _is_worth_it _offer _send_to_rest _rotate _longest_before
    _spare_breakers _spare_breaker _last_on sensor weight_of _queue
    _is_awaited
    measure_most _measure_most blind_ma why_blind
    is_export signed_ma borrow take_magnitudes _has_stepped power_w where bind _decide
    _followed_ma following_ms late_ms
    exceeds _has_risen _may_wait end checked_s _open as_measured set_edges
    _remember share to_ma _look_for_moves _shown_ma count
    _close_all put _only_renews _common_step
    find find_arranged _take _look_at _look_at_one _found _look_into _is_number _is_in _group
    _new_groups""".split()
)
_DEF = re.compile(r"( *)(?:async )?def (\w+)\(")

_HALFWORD, _WORD = b"__attribute__ ((aligned (2)))", b"__attribute__ ((aligned (4)))"


def write_compiler(script: Path, mpy_cross: Path) -> None:
    """A compiler for the freezing tool, which gives every file the same options.

    What it compiles are scratch copies, the last word; `-s` says which module it is.
    """
    patterns = "|".join(f'*" -s pilotlight/{name} "*' for name in MODULES)
    script.write_text(f"""#!/bin/sh
case " $* " in
    {patterns})
        for file; do :; done
        {sys.executable} {__file__} "$file" || exit 1
        ;;
esac
exec {mpy_cross} "$@"
""")
    script.chmod(0o755)


def marked(source: str) -> str:
    """The source with all but its cold functions marked for machine code; every line stays where
    it is, and so do the numbers in a traceback. ValueError if there is no empty line for a mark.
    """
    lines = source.split("\n")
    for i, line in enumerate(lines):
        found = _DEF.match(line)
        if found and found[2] not in COLD:
            if lines[i - 1].strip():
                raise ValueError(f"{found[2]}: there is no empty line above it")
            lines[i - 1] = found[1] + "@micropython.native"
    return "\n".join(lines)


def align(frozen_content: Path) -> None:
    """Put every frozen machine-code function on a multiple of 4 bytes.

    The freezing tool is content with 2. But the code holds 32-bit constants that it loads relative
    to itself, and on a Cortex-M0+ a load from an address that is no multiple of 4 is a hard fault.
    """
    frozen_content.write_bytes(frozen_content.read_bytes().replace(_HALFWORD, _WORD))


def check(elf: Path, frozen: Collection[str]) -> None:
    """RuntimeError if one in the linked program is not, or a module that is frozen has none."""
    listed = subprocess.run([ARM_NM, elf], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    code = {row[2]: int(row[0], 16) for row in rows if row[1:2] == ["t"]}
    for name, address in code.items():
        if name.startswith("fun_data_") and address % 4:
            raise RuntimeError(f"machine code that would fault: {name} is at {address:#x}")
    for module in MODULES:
        if f"pilotlight/{module}" not in frozen:
            continue
        begin = "fun_data_pilotlight_" + module.removesuffix(".py").replace("/", "_")
        if not any(name.startswith(begin) for name in code):
            raise RuntimeError(f"no machine code is frozen for {module}")


if __name__ == "__main__":  # the freezing tool's copy of a module
    _copy = Path(sys.argv[1])
    if _copy.resolve().is_relative_to(FIRMWARE):
        sys.exit(f"{_copy}: expected a copy, not the source itself")
    _copy.write_text(marked(_copy.read_text()))
