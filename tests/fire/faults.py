"""What happens to the product under fire. Each fault takes a moment and leaves every process running, or nearly."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.crash.process import Program
from tests.fire.dice import Dice
from tests.fire.hosts import BAD_MOODS
from tests.fire.scene import Scene
from tests.fire.small_disk import fill
from waystage.ground.crashpoints import POINTS

Fault = Callable[[Scene, Dice], None]

#: Points that are only reached by virtual clocks, or seldom, are not waited for long.
_LONGEST_LIFE = 1.5
#: Pages that a full disk still has.
_LAST_PAGES = 24


def kill(scene: Scene, dice: Dice) -> None:
    """A few lives in a row that end at a named point, or at any instant: while starting, or after a moment of work.

    Where there are several processes, some of them, or all, die together.
    """
    programs = [one for one in scene.programs if len(scene.programs) == 1 or dice.chance(0.6)]
    for program in programs:
        program.kill()
    for _ in range(1 + dice.below(3)):
        for program in programs:
            program.doors = scene.doors()
            program.start(_point(dice) if dice.chance(0.7) else "")
        if dice.chance(0.7):
            for program in programs:
                program.ready()
            _pass(dice.between(0.1, _LONGEST_LIFE))
        else:
            _pass(dice.between(0.1, 0.6))
        for program in programs:
            scene.note_end(program)
            program.kill()
    scene.revive()
    for program in programs:
        if not program.ready():
            scene.note_end(program)


def _point(dice: Dice) -> str:
    return f"{dice.one_of(sorted(POINTS))}:{1 + dice.below(dice.one_of((2, 6, 40)))}"


def _start(scene: Scene, program: Program) -> None:
    program.doors = scene.doors()
    program.start()
    if not program.ready():
        scene.note_end(program)


def stop_politely(scene: Scene, dice: Dice) -> None:
    """A process is asked to end under load, and started again."""
    program = dice.one_of(scene.programs)
    if not program.ended() and program.stop() != 0:
        scene.note_end(program)
    _start(scene, program)


def freeze(scene: Scene, dice: Dice) -> None:
    """A process stands still for a moment and goes on as if nothing had happened."""
    program = dice.one_of(scene.programs)
    program.freeze()
    _pass(dice.between(0.2, 1.5))
    program.thaw()


def freeze_beyond_lease(scene: Scene, dice: Dice) -> None:
    """One stands still until others have taken over what it had; meanwhile the others are killed."""
    program = dice.one_of(scene.programs)
    others = [one for one in scene.programs if one is not program]
    program.freeze()
    scene.excuse(300)
    left = 12.0
    while left > 0:
        life = dice.between(1.0, 3.0)
        _pass(life)
        if others and left > life:
            other = dice.one_of(others)
            other.kill()
            _start(scene, other)
        left -= life
    program.thaw()
    scene.excuse_no_longer_than(5)  # it finds the connection closed on which it was in the middle of something


def bad_hosts(scene: Scene, dice: Dice) -> None:
    """The outside hosts misbehave, and a process dies of it or not."""
    moods = [dice.one_of((*BAD_MOODS, "ok")) for _ in range(2)]
    scene.beside.run(scene.hosts.feel(*moods))
    _pass(dice.between(0.3, 1.0))
    if dice.chance(0.7):
        kill(scene, dice)
    scene.beside.run(scene.hosts.feel("ok", "ok"))


def wrong_clock(scene: Scene, dice: Dice) -> None:
    """A process whose wall clock is minutes off; killed, it comes back with a right one."""
    program = dice.one_of(scene.programs)
    program.kill()
    off = dice.between(60, 400)
    program.doors = scene.doors(clock_off=-off if scene.server is None or dice.chance(0.5) else off)
    program.start()
    program.ended(dice.between(1.0, 2.5))
    scene.note_end(program)
    program.kill()
    _start(scene, program)


def full_disk(scene: Scene, dice: Dice) -> None:
    """SQLite finds no room for a moment; the product goes on, or is killed and comes back to a full disk."""
    program = scene.programs[0]
    scene.excuse(300)
    if scene.small is not None:
        fill(scene.small, dice.below(_LAST_PAGES) * 4096)
    else:
        scene.pages.write_text(str(scene.file.stat().st_size // 4096 + dice.below(_LAST_PAGES)))
    _pass(dice.between(0.5, 1.5))
    if dice.chance(0.5):
        program.kill()
        program.doors = scene.doors()
        program.start()
        _pass(dice.between(0.3, 1.5))
    scene.free_disk()
    if program.ended():
        program.exits[-1] = 0  # a program that cannot write anything may say so and end
        _start(scene, program)
    assert program.ready(), program.told()
    scene.excuse_no_longer_than(6)


def cut_wire(scene: Scene, dice: Dice) -> None:
    """Connections break: all at once, or one in the middle of a commit, before or behind it."""
    assert scene.wire is not None
    scene.excuse(5)
    for _ in range(1 + dice.below(4)):
        if dice.chance(0.3):
            scene.beside.run(scene.wire.cut())
        else:
            scene.wire.cut_at_commit = dice.one_of(("before", "after"))
        _pass(dice.between(0.1, 0.4))
    scene.beside.run(scene.wire.flow())


def stall_wire(scene: Scene, dice: Dice) -> None:
    """Nothing flows for a moment; then it goes on, or breaks."""
    assert scene.wire is not None
    scene.excuse(10)
    scene.beside.run(scene.wire.stall())
    _pass(dice.between(0.3, 2.0))
    if dice.chance(0.5):
        scene.beside.run(scene.wire.cut())
    scene.beside.run(scene.wire.flow())


def crash_server(scene: Scene, dice: Dice) -> None:
    """PostgreSQL dies and recovers; sometimes a process dies meanwhile."""
    assert scene.server is not None
    scene.excuse(300)
    scene.server.stop("immediate")
    if dice.chance(0.4):
        dice.one_of(scene.programs).kill()
    _pass(dice.between(0, 0.5))
    scene.server.start()
    scene.revive()
    scene.excuse_no_longer_than(10)


def _pass(seconds: float) -> None:
    threading.Event().wait(seconds)


@dataclass(frozen=True)
class Likely:
    """A fault, and how often it happens compared with others."""

    fault: Fault
    weight: int


_ANYWHERE = (
    Likely(kill, 16),
    Likely(stop_politely, 1),
    Likely(freeze, 1),
    Likely(bad_hosts, 3),
    Likely(wrong_clock, 2),
)
ON_SQLITE = (*_ANYWHERE, Likely(full_disk, 2))
ON_POSTGRESQL = (*_ANYWHERE, Likely(cut_wire, 2), Likely(stall_wire, 1), Likely(crash_server, 1))
#: Only where others can take over.
AMONG_MANY = (*ON_POSTGRESQL, Likely(freeze_beyond_lease, 1))


def drawn(faults: tuple[Likely, ...], dice: Dice) -> Fault:
    """One of them, by their weights."""
    number = dice.below(sum(one.weight for one in faults))
    for one in faults:
        number -= one.weight
        if number < 0:
            return one.fault
    raise AssertionError("unreachable")
