"""`grader watch`: check each file as it is saved, and go on when it passes."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field

import click

from grader.cli import statement
from grader.cli.checking import judge, say_feedback, say_line
from grader.cli.files import reset_task
from grader.cli.keys import Keys
from grader.cli.session import Session, Standing, open_session, work_option
from grader.cli.study import print_hint
from grader.cli.tables import print_exercises
from grader.cli.terminal import paint, width
from grader.cli.verb import Verb, require_judge
from grader.progress import State
from grader.watch import Watcher

__all__ = ["watch_command"]

_KEYS = "n next  s show  h hint  l list  r reset  q quit"


@click.command(
    "watch",
    cls=Verb,
    short_help="Check each file as you save it.",
    examples=(("grader watch", ""), ("grader watch softmax", "")),
)
@click.argument("exercise", metavar="[ID]", required=False)
@work_option
@click.option(
    "--poll", is_flag=True, help="Look at the files again and again, for folders that report no events."
)
def watch_command(exercise: str | None, work: str | None, poll: bool) -> int:
    """Check each task file as you save it, and go on to the next when it passes.

    Starts with the exercise given, or with the next one. Keys: n next, s show, h hint, l list, r reset, q quit.
    """
    require_judge()
    session = open_session(work)
    watch = _Watch(session, session.find_or_next(exercise))
    ids = [standing.id for standing in session.standings()]
    with Watcher(session.work, ids, watch.files_changed, native=not poll), Keys(watch.key_pressed):
        watch.run()
    return 0


@dataclass
class _Watch:
    """The loop: one queue of saved files and pressed keys, handled one by one on the main thread."""

    session: Session
    current: Standing
    events: queue.SimpleQueue[tuple[str, list[str]]] = field(default_factory=queue.SimpleQueue)
    # Resetting takes the key twice, since it is next to others that do no harm.
    reset_asked: bool = False

    def files_changed(self, ids: list[str]) -> None:
        self.events.put(("changed", ids))

    def key_pressed(self, key: str) -> None:
        self.events.put(("key", [key]))

    def run(self) -> None:
        """Go on until everything has passed or the student quits."""
        going = self._check_on()
        while going:
            kind, values = self._next_event()
            if kind == "changed":
                self.reset_asked = False
                # Of several files saved at once, the one in hand; the others come up when it has passed.
                self.current = self.session.find(self.current.id if self.current.id in values else values[0])
                going = self._check_on()
            else:
                going = self._obey(values[0])

    def _next_event(self) -> tuple[str, list[str]]:
        # A wait without end would not let Ctrl-C through on Windows.
        while True:
            try:
                return self.events.get(timeout=0.5)
            except queue.Empty:
                continue

    def _check_on(self) -> bool:
        """Check the current exercise, and the next ones as long as they pass; tell whether any is left."""
        while True:
            self._rule()
            if self.session.standing(self.current.exercise).state is State.NOT_STARTED:
                self._introduce()
                return True
            [result] = judge(self.session, [self.current])
            say_line(result)
            if result.verdict != "pass":
                say_feedback(self.session, self.current, result)
                self._prompt()
                return True
            if not self._go_on():
                return False

    def _go_on(self) -> bool:
        following = self.session.following(self.session.standings(), after=self.current)
        if following is None:
            click.echo("All exercises passed.")
            return False
        self.current = following
        return True

    def _obey(self, key: str) -> bool:
        """Do what a key says; tell whether to go on."""
        asked, self.reset_asked = self.reset_asked, False
        if key == "q":
            return False
        if key == "n":
            return self._go_on() and self._check_on()
        if key == "h":
            print_hint(self.session, self.current)
        elif key == "l":
            print_exercises(self.session.standings())
        elif key == "s":
            click.echo(statement.render(self.current.exercise.statement, width()))
        elif key == "r" and not asked:
            self.reset_asked = True
            click.echo(f"Press r again to reset {self.current.id}; your answer will be kept.")
            return True
        elif key == "r":
            reset_task(self.session, self.current)
        else:
            return True
        self._prompt()
        return True

    def _introduce(self) -> None:
        click.echo(f"{paint(self.current.id, bold=True)}  {self.current.exercise.title}")
        click.echo(f"Not started. Write in {self.session.short_path(self.current)} and save it.")
        self._prompt()

    def _prompt(self) -> None:
        for notice in self.session.take_notices():
            click.echo(notice, err=True)
        click.echo(paint(f"\n[{_KEYS}]", "bright_black"))

    def _rule(self) -> None:
        click.echo(paint("-" * min(width(), 60), "bright_black"))
