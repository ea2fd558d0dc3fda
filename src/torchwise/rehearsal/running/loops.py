"""The loops of the user's files, cut short where they train or evaluate.

A loop in which an optimizer stepped, or a model was evaluated, has more turns than a rehearsal needs: the first ones
and the last are run. A loop that holds such a loop (over epochs, say) is cut sooner, and any where steps take long. All
others are left alone: those that prepare data, and those in the `forward` of a module.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from types import GeneratorType
from typing import Any

from torchwise.doctor.source import is_user_file
from torchwise.rehearsal.running.activity import Activity

INNER_TURNS, OUTER_TURNS = 3, 2  # and the last
DRAWN_S = 0.3  # for going on to the last item of an iterator that can't jump there


class Loop:
    """One run of a loop that is under way."""

    def __init__(self, line: int, activity: Activity) -> None:
        self.line, self.activity = line, activity
        self.turns = 0
        self.is_outer = self.is_training = False
        self._steps, self._evaluations = activity.steps, activity.evaluations
        self._serial = self._loaders = 0

    def begin_turn(self) -> None:
        """A new turn begins."""
        self.turns += 1
        self._serial, self._loaders = self.activity.serial, self.activity.loaders

    def is_over(self) -> bool:
        """Whether enough turns have been seen."""
        activity = self.activity
        if activity.serial != self._serial:
            self.is_outer |= activity.loaders > self._loaders
            self.is_training |= activity.steps > self._steps or activity.evaluations > self._evaluations
        enough = 1 if activity.is_slow else OUTER_TURNS if self.is_outer else INNER_TURNS
        return self.is_training and self.turns >= enough


class Loops:
    """What the rewritten loops call. whole: which kinds are not cut, of "inner" and "outer"."""

    def __init__(self, activity: Activity, *, whole: frozenset[str] = frozenset()) -> None:
        self.activity, self.whole = activity, whole
        self.cuts = 0
        self.delivered = 0  # batches so far
        self.position = 0  # of the latest among all batches of its loader
        self._running: list[Loop] = []

    def turns(self, iterable: Iterable[Any], line: int) -> Iterable[Any]:
        """The items of a loop, cut where it trains."""
        return self._turns(iterable, line) if self.activity.is_here and not self.activity.depth else iterable

    def _turns(self, iterable: Iterable[Any], line: int) -> Iterator[Any]:
        iterator = iter(iterable)
        loop = Loop(line, self.activity)
        self._running.append(loop)
        try:
            for value in iterator:
                loop.begin_turn()
                yield value
                if self._is_over(loop):
                    break
            else:
                return
            self._leave(loop)
            yield from self._last(iterable, iterator, loop.turns)
        finally:
            self._leave(loop)

    def begin(self, line: int) -> None:
        """A `while` loop begins."""
        if self.activity.is_here and not self.activity.depth:
            for loop in [loop for loop in self._running if loop.line == line]:
                self._leave(loop)
            self._running.append(Loop(line, self.activity))

    def goes_on(self, line: int) -> bool:
        """Whether a `while` loop may take another turn."""
        loop = next((loop for loop in reversed(self._running) if loop.line == line), None)
        if loop is None or not self.activity.is_here:
            return True
        if loop.turns and self._is_over(loop):
            self.cuts += 1
            self._leave(loop)
            return False
        loop.begin_turn()
        return True

    def counting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """`enumerate` that gives a batch the number it has among all batches, those left out too."""
        if original is not enumerate or not self.activity.is_here:
            return original
        return self._counting

    def _counting(self, iterable: Iterable[Any], start: int = 0) -> Iterator[tuple[int, Any]]:
        iterator = iter(iterable)
        number = start - 1

        def numbered() -> Iterator[tuple[int, Any]]:
            nonlocal number
            while True:
                before = self.delivered
                try:
                    value = next(iterator)
                except StopIteration:
                    return
                number = start + self.position if self.delivered == before + 1 else number + 1
                yield number, value

        return numbered()

    def _is_over(self, loop: Loop) -> bool:
        """Whether a loop has had enough turns; those around a training loop are told that they hold one."""
        is_over = loop.is_over()
        if loop.is_training:
            for around in self._running[: self._running.index(loop)] if loop in self._running else ():
                around.is_outer = True
        return is_over and ("outer" if loop.is_outer else "inner") not in self.whole

    def _leave(self, loop: Loop) -> None:
        if loop in self._running:
            del self._running[self._running.index(loop) :]

    def _last(self, iterable: Iterable[Any], iterator: Iterator[Any], done: int) -> Iterator[Any]:
        """The last item, if there are more and it can be had."""
        if isinstance(iterable, range | list | tuple):
            if len(iterable) > done:
                self.cuts += len(iterable) > done + 1
                yield iterable[-1]
            return
        if isinstance(iterator, GeneratorType) and is_user_file(iterator.gi_code.co_filename):
            self.cuts += 1  # drawing from it would run the user's code
            return
        end = time.perf_counter() + DRAWN_S
        nothing = last = object()
        for number in count():
            drawn = next(iterator, nothing)
            if drawn is nothing:
                break
            last = drawn
            self.cuts += number == 1
            if time.perf_counter() > end:  # it may have no end
                self.cuts += 1
                return
        if last is not nothing:
            yield last
