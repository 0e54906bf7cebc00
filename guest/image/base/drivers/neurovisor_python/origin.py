"""Which cell the running code belongs to: its task, or the cell that started its thread."""

import contextvars
import threading

NO_CELL = 0
CELL = contextvars.ContextVar("cell", default=NO_CELL)
_ATTRIBUTE = "_neurovisor_cell"


def current_cell() -> int:
    """Returns the number of the cell that started the running task or thread, or 0."""
    cell = CELL.get()
    if cell == NO_CELL and threading.get_ident() != _MAIN:
        return getattr(threading.current_thread(), _ATTRIBUTE, NO_CELL)
    return cell


_MAIN = threading.get_ident()


def label_threads() -> None:
    """Makes each thread remember the cell that has started it."""
    start = threading.Thread.start

    def labelled_start(self):
        setattr(self, _ATTRIBUTE, current_cell())
        start(self)

    labelled_start.__doc__ = start.__doc__
    labelled_start.__name__ = start.__name__
    threading.Thread.start = labelled_start
