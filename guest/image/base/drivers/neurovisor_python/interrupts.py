"""SIGINT, which interrupts the code of a cell and nothing else."""

import asyncio
import signal


class Interrupts:
    """Raises KeyboardInterrupt in the code of the running cell, or cancels what the cell awaits.

    Between cells SIGINT has no effect. The agent repeats a signal until the cell has ended or KeyboardInterrupt has been
    raised, because one can be lost just before a blocking system call.
    """

    def __init__(self, channel):
        self._channel = channel
        self._task = None
        self._cell = 0
        self._deferred = False
        self._repeated = False
        # The cell has been interrupted while it awaited something.
        self.cancelled = False
        channel.after_frame = self._after_frame

    def install(self) -> None:
        signal.signal(signal.SIGINT, self._interrupted)

    def arm(self, cell: int, task) -> None:
        # An earlier cell may have replaced the handler.
        self.install()
        self._cell, self._task = cell, task
        self._deferred = self._repeated = self.cancelled = False

    def disarm(self) -> None:
        self._task = None

    def _interrupted(self, _signal, _frame) -> None:
        __tracebackhide__ = True
        if self._task is None:
            return
        if self._channel.depth > 0:
            self._deferred = True
            return
        self._raise()

    def _after_frame(self) -> None:
        __tracebackhide__ = True
        if self._deferred and self._task is not None:
            self._deferred = False
            self._raise()

    def _raise(self) -> None:
        __tracebackhide__ = True
        try:
            running = asyncio.current_task()
        except RuntimeError:
            running = None
        if running is self._task:
            # Its code may handle it, in which another one would interrupt it.
            self._channel.send({"type": "interrupted", "cell": self._cell})
            raise KeyboardInterrupt
        if self._repeated and running is not None:
            # Another task of the user holds up the loop.
            raise KeyboardInterrupt
        self._repeated = True
        self.cancelled = True
        loop = self._task.get_loop()
        # Wakes the loop, which goes on waiting after a signal.
        loop.call_soon_threadsafe(self._task.cancel)
