"""The demo's course: load, then keep posting events, and show what comes of it until somebody stops it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from rich.console import Console
from rich.live import Live

from waystage.demo import business_unit, people, state, table, texts
from waystage.demo.calls import Api
from waystage.demo.state import Progress, State
from waystage.ground import clock

#: Real seconds between two pictures, and between two lines where there is no terminal.
PICTURE, LINE = 0.5, 3.0
#: Events at once at the start, and then for each picture.
CROWD, EVENTS = 30, 3


@dataclass(slots=True)
class Demo:
    """One running demo. `headers` is the file from which the shown curl takes its headers."""

    api: Api
    progress: Progress
    stop: Event
    headers: Path
    offset_minutes: int
    speed: str
    posted: int = 0
    _token: str = ""

    def prepare(self) -> None:
        """Load the business unit, and go on behind the events of an earlier demo on the same data."""
        business_unit.load(self.api, self.stop)
        self.posted = self.look().entered
        self.keep_headers()
        self.post(CROWD)

    def post(self, count: int) -> None:
        """Let so many events happen."""
        for _ in range(count):
            self.posted += 1
            self.api("POST", "/interaction/v1/events", people.event(self.posted))

    def look(self) -> State:
        """What is to be shown now."""
        return state.read(self.api, self.progress)

    def keep_headers(self) -> None:
        """Tokens end, the shown curl should not: its headers are written anew with each new token."""
        if self._token != (token := self.api.token()):
            self._token = token
            text = f"Authorization: Bearer {token}\nContent-Type: application/json\n"
            self.headers.touch(mode=0o600)  # a token is a secret
            self.headers.write_text(text, encoding="utf-8")


def follow(demo: Demo, console: Console, used_lines: int) -> None:
    """Show the demo until it is stopped: a live table on a terminal, plain lines elsewhere."""
    if console.is_terminal:
        _follow_live(demo, console, used_lines)
    else:
        _follow_lines(demo, lambda line: console.print(line, soft_wrap=True, highlight=False, markup=False))


def _follow_live(demo: Demo, console: Console, used_lines: int) -> None:
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            height = console.height - 1
            room = height - used_lines if height - used_lines >= table.SMALLEST else height
            live.update(table.draw(demo.look(), demo.speed, demo.offset_minutes, room), refresh=True)
            if demo.stop.wait(PICTURE):
                return
            _go_on(demo)


def _follow_lines(demo: Demo, write: Callable[[str], None]) -> None:
    written = 0.0
    while not demo.stop.wait(PICTURE):
        _go_on(demo)
        if clock.monotonic() - written >= LINE:
            write(texts.one_line(demo.look(), demo.offset_minutes))
            written = clock.monotonic()


def _go_on(demo: Demo) -> None:
    demo.post(EVENTS)
    demo.keep_headers()
