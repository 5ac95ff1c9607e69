"""boards/remote where the other side has a guard and tells more, by hand from its README. ms."""

import pytest
import test_remote_board
from test_remote_board import FACTS, SAFE, after_handshake


remote, side = test_remote_board.remote, test_remote_board.side
GUARDED = FACTS.replace("colour=3", "guard=1 plug=1 dimming=1 skew_us=125")
READING = "in 1 5991 -12003 0 220 1 0"


@pytest.fixture
def pair(remote, side, monkeypatch):
    """(board, other side) after the handshake."""
    monkeypatch.setenv("PILOTLIGHT_REMOTE", side.peer)
    with after_handshake(remote, side, GUARDED) as pair:
        yield pair


def test_it_is_a_capability(pair):
    board, _ = pair
    found = board.capabilities
    assert [found[key] for key in ("guard", "plug_temperature", "dimming")] == [True] * 3
    assert board.clamps.skew_us == 125


def test_edges_go_before_the_next_out_once_and_again_after_a_loss(pair):
    board, side = pair
    board.outlets[1].set_edges(4010, 8020)
    said = b"edges 2 4010 8020\n" + SAFE
    board.commit(20)
    assert side.hear(len(said)) == said
    board.commit(40)
    assert side.hear(len(SAFE)) == SAFE
    side.hang_up()
    board.latch(60)
    board.latch(1060)  # connects
    side.greet("hello 1", GUARDED)
    board.latch(1080)
    board.latch(1100)
    board.commit(1100)
    assert side.hear(8 + len(said)) == b"hello 1\n" + said


@pytest.mark.parametrize(("end", "opened"), [(" 1", True), (" 0", False)])
def test_what_the_guard_has_opened(pair, end, opened):
    board, side = pair
    side.say(READING + end)
    board.latch(20)
    assert board.outlets[0].opened_by_guard is opened
    assert (board.outlets[0].high_mv, board._link.malformed) == (5991, 0)


@pytest.mark.parametrize("end", ["", " -", " 2", " 0 0"])
def test_a_reading_without_a_sound_word_of_the_guard_is_malformed(pair, end):
    board, side = pair
    side.say(READING + end)
    board.latch(20)
    assert (board.outlets[0].high_mv, board._link.malformed) == (None, 1)


def test_slow_things_are_known_until_the_side_is_lost(pair):
    board, side = pair
    assert (board.is_dimmed, board.outlets[0].plug_c()) == (None, None)
    side.say("slow 1 -7 -")
    board.latch(20)
    assert [board.is_dimmed, *(port.plug_c() for port in board.outlets)] == [True, -7, None]
    side.say("slow 0 20 21")
    board.latch(40)
    assert [board.is_dimmed, *(port.plug_c() for port in board.outlets)] == [False, 20, 21]
    side.hang_up()
    board.latch(60)
    assert [board.is_dimmed, *(port.plug_c() for port in board.outlets)] == [None] * 3


@pytest.mark.parametrize("line", ["slow 1 20", "slow 2 20 20", "slow 0 20 201", "slow 0 20 20 20"])
def test_a_slow_line_that_is_not_as_it_must_be_changes_nothing(pair, line):
    board, side = pair
    side.say(line)
    board.latch(20)
    assert (board.is_dimmed, board.outlets[0].plug_c(), board._link.malformed) == (None, None, 1)
