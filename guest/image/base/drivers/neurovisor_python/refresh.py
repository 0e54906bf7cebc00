"""Makes this process differ from other clones of its virtual machine."""

import os
import signal
import sys


class Refreshes:
    """Renews what a copy of the process would repeat.

    After a clone has got its own randomness, the agent sends a signal and a frame. The signal takes effect in the middle of a
    cell. The frame is for a driver that has missed it, and precedes the next cell.
    """

    def __init__(self):
        self._done = 0

    def install(self) -> None:
        # Ignored by default: a driver that is still starting survives it.
        signal.signal(signal.SIGURG, self._signalled)

    def _signalled(self, _signal, _frame) -> None:
        self._done += 1
        refresh()

    def at_frame(self, count: int) -> None:
        """Refreshes unless signals have done so as often as the agent has asked for it."""
        if self._done < count:
            self._done = count
            refresh()


def refresh(names=None) -> None:
    """Renews what repeats in clones, of the modules that are loaded, or of the named ones."""
    for name in _RENEWALS if names is None else _RENEWALS.keys() & names:
        module = sys.modules.get(name)
        if module is not None:
            try:
                _RENEWALS[name](module)
            except Exception:  # A module of the user may have the name.
                pass


def _renew_numpy(module) -> None:
    module.seed()


def _renew_tempfile(module) -> None:
    # The generator of names seeds itself again only in another process.
    module._name_sequence = None


def _renew_ssl(module) -> None:
    module.RAND_add(os.urandom(32), 32.0)


def _renew_multiprocessing(module) -> None:
    module.current_process().authkey = os.urandom(32)


_RENEWALS = {
    "random": lambda module: module.seed(),
    "numpy.random": _renew_numpy,
    "tempfile": _renew_tempfile,
    "ssl": _renew_ssl,
    "multiprocessing.process": _renew_multiprocessing,
}
