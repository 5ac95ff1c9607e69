"""Another setting for a replay: checked as a board would, and which numbers it decides on."""

import json
import re
from typing import Any

from pilotlight_host.errors import UserError
from pilotlight_host.replay.decider import Decider

from pilotlight import config
from pilotlight.core import policy
from pilotlight.services import tuner

# what decisions alone stand on; anything else would have changed what was measured, or by what
KEYS = re.compile(
    r"feeders\[\d+\]\.(limit_a|rating_a|reserve_a|base_max_a|breaker|import_w|quarter_w|unbalance_a)"
    r"|outlets\[\d+\]\.(priority|min_a|max_a)|site\.policy"
)
_ALLOWED = (
    "limit_a, rating_a, reserve_a, base_max_a, breaker, import_w, quarter_w and unbalance_a of "
    "feeders, priority, min_a and max_a of outlets, site.policy"
)
_MEMORY = ("_heat", "_flow_ma")  # of a breaker: begins with its rating, but is what has flowed


def other(site: dict[str, Any], words: list[str]) -> tuple[Decider, list[int | None]]:
    """A decider for `site` with those settings (`key=value`), and what its outlets may have at
    most, mA. UserError that names what is wrong.
    """
    trial = json.loads(json.dumps(site))
    caps_ma: list[int | None] = [None] * len(site["outlets"])
    for word in words:
        key, value = _parsed(word)
        try:
            tuner.put(trial, key, value)
        except ValueError as error:
            raise UserError(f"--set {word}: {error}".replace("; tune() shows all", "")) from None
    try:
        trial = config.check(trial)
    except config.SiteError as error:
        raise UserError([f"--set: {line}" for line in error.errors]) from None
    for i, (table, former) in enumerate(zip(trial["outlets"], site["outlets"], strict=True)):
        if table["max_a"] > former["max_a"]:
            raise UserError(
                f"--set outlets[{i}].max_a={table['max_a']}: expected at most "
                f"{former['max_a']}: what else would have limited it is not recorded"
            )
        if table["max_a"] < former["max_a"]:
            caps_ma[i] = config.ma(table["max_a"])
    made = Decider(trial, [])
    if made.limits().keys() != Decider(site, []).limits().keys():
        raise UserError(
            "--set: import_w, quarter_w and unbalance_a can be changed where the site has them, "
            "neither added nor taken away: what they would have measured is not recorded"
        )
    for word in words:
        plain = Decider(_otherwise(trial, word), [])
        made.own |= _own(made, plain)
        former = plain.limits()
        made.instead |= {n: set_to for n, set_to in made.limits().items() if former[n] != set_to}
    return made, caps_ma


def _parsed(word: str) -> tuple[str, Any]:
    key, is_there, text = word.partition("=")
    if not is_there:
        raise UserError(f"--set {word}: expected key=value, like feeders[0].limit_a=25")
    if not KEYS.fullmatch(key):
        raise UserError(f"--set {word}: can set {_ALLOWED}")
    try:
        return key, json.loads(text)
    except ValueError:
        return key, text


def _otherwise(site: dict[str, Any], word: str) -> dict[str, Any]:
    """The site with any other value there."""
    key, value = _parsed(word)
    others = json.loads(json.dumps(site))
    tuner.put(others, key, _another(value))
    return others


def _own(made: Decider, plain: Decider) -> frozenset[int]:
    """Slots in which a setting shows: those that are different with another value."""
    return frozenset(
        i
        for i in range(made.slots.arranged)
        if _number(made.get(i)) != _number(plain.get(i)) and made.slots.keys[i] not in _MEMORY
    )


def _number(value: Any) -> Any:
    """Or a policy; all else is the same thing of another decider."""
    return value if isinstance(value, int) or callable(value) else None


def _another(value: Any) -> Any:
    if value in policy.ALL:
        return next(one for one in policy.ALL if one != value)
    if isinstance(value, str):  # a kind of breaker; B, C and D are warmed alike
        return "B" if value == "gG" else "gG"
    return 1 if value is None else value + 1
