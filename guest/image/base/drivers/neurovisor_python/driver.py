"""Serves a context: one cell after the other, in one running event loop."""

import asyncio
import builtins
import getpass
import inspect
import os
import sys
import warnings

os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
# Figures of plotly without the 5 MB of JavaScript that its HTML contains.
os.environ.setdefault("PLOTLY_RENDERER", "plotly_mimetype")

from . import lean  # noqa: E402, F401, I001 - before all that imports IPython
from . import arrow, failures, formats, inspection, shell as shells  # noqa: E402
from .channel import Channel  # noqa: E402
from .displays import Displays  # noqa: E402
from .interrupts import Interrupts  # noqa: E402
from .origin import CELL, current_cell, label_threads  # noqa: E402
from .pictures import SavedPictures  # noqa: E402
from .preloading import preload  # noqa: E402
from .publishing import CellDisplayHook, CellDisplayPublisher  # noqa: E402
from .refresh import Refreshes  # noqa: E402
from .streams import CellStream, Input, TextBudget  # noqa: E402
from .surroundings import surroundings  # noqa: E402


# Where a driver waits in a template.
WAITING = "/"
# Which libraries it imports there, next to the drivers of an image.
RECORD = os.path.join(os.path.dirname(os.path.dirname(__file__)), "preload.json")


class Driver:
    """Owns the shell and the socket, and runs what the agent asks for."""

    def __init__(self, descriptor: int):
        self._channel = Channel(descriptor)
        self._budget = TextBudget()
        self._stdout = CellStream(self._channel, self._budget, "stdout", 1)
        self._stderr = CellStream(self._channel, self._budget, "stderr", 2)
        self._displays = Displays(self._channel, self._flush)
        self._input = Input(self._channel, self._flush)
        self._interrupts = Interrupts(self._channel)
        self._refreshes = Refreshes()
        self._pictures = SavedPictures()
        self._failed = self._reported = False
        self._shell = None

    def _flush(self) -> None:
        self._stdout.flush()
        self._stderr.flush()

    def start(self) -> None:
        """Takes over the process: streams, signals, input() and the shell."""
        sys.stdout, sys.stderr = self._stdout, self._stderr
        sys.__stdout__, sys.__stderr__ = self._stdout, self._stderr
        self._interrupts.install()
        self._refreshes.install()
        self._pictures.install()
        label_threads()
        CellDisplayHook.displays = CellDisplayPublisher.displays = self._displays
        self._shell = shells.make()
        self._shell.report = self._report
        self._shell.interrupts = self._interrupts
        self._shell.flush = self._flush
        # After the shell, which has put its own there.
        sys.displayhook = self._shell.displayhook
        builtins.input = self._input.ask
        getpass.getpass = self._input.ask_for_password
        # What IPython says after each sys.exit().
        warnings.filterwarnings("ignore", message="To exit: use 'exit'")

    def _report(self, error, value, trace, text: str) -> None:
        """Sends an exception."""
        self._reported = True
        self._flush()
        if not self._channel.is_open():
            os.write(2, text.encode("utf-8", "replace"))
        self._channel.send(failures.header(current_cell(), error, value, trace), failures.body(text))

    async def serve(self) -> None:
        self._channel.send({"type": "ready", "arrow": arrow.is_available()})
        while True:
            header, body = await self._channel.receive()
            kind = header.get("type")
            if kind == "execute":
                await self._execute(header, body.decode("utf-8", "replace"))
            elif kind == "inspect":
                self._inspect(header)
            elif kind == "refresh":
                self._refreshes.at_frame(header["count"])
            elif kind == "adopt":
                # This driver has waited in a template for its context.
                os.environ.update(header["env"])
                os.chdir(header["cwd"])
                self._shell.adopt()

    def _inspect(self, header: dict) -> None:
        described, truncated = inspection.variables(self._shell.user_ns, self._shell.user_ns_hidden)
        answer = {"type": "variables", "id": header["id"], "variables": described, "truncated": truncated}
        self._channel.send(answer)

    async def _execute(self, header: dict, code: str) -> None:
        cell = header["cell"]
        self._failed = self._reported = False
        self._budget.reset()
        self._displays.reset()
        self._pictures.reset()
        self._input.allowed, self._input.cell = header.get("input", False), cell
        self._shell.compile.cell = cell
        formats.choose_tables(self._shell.display_formatter, header.get("arrow", False))
        task = asyncio.get_running_loop().create_task(self._run(cell, header, code))
        try:
            await task
        except BaseException as failure:  # An interrupt between the code of the user and ours.
            self._failed = True
            late = failures.header(cell, type(failure), failure, None)
            self._channel.send(late, failures.body(f"{failures.name_of(type(failure))}\n"))
        self._interrupts.disarm()
        self._finish(cell)

    async def _run(self, cell: int, header: dict, code: str) -> None:
        CELL.set(cell)
        try:
            with surroundings(header.get("env", {}), header.get("cwd", "")):
                await self._run_code(cell, code)
        except OSError as failure:  # The directory cannot be entered.
            self._failed = True
            self._report(type(failure), failure, None, f"{type(failure).__name__}: {failure}\n")

    async def _run_code(self, cell: int, code: str) -> None:
        shell = self._shell
        self._interrupts.arm(cell, asyncio.current_task())
        try:
            try:
                transformed, problem = shell.transform_cell(code), None
            except Exception:
                transformed, problem = code, sys.exc_info()
            result = await shell.run_cell_async(
                code, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=problem
            )
            self._failed = not result.success
            self._report_missing(result.error_before_exec or result.error_in_exec)
            shell.events.trigger("post_execute")
            shell.events.trigger("post_run_cell", result)
        except (KeyboardInterrupt, asyncio.CancelledError):
            self._interrupts.disarm()
            self._failed = True
            self._report(KeyboardInterrupt, KeyboardInterrupt(), None, "KeyboardInterrupt\n")
        finally:
            self._interrupts.disarm()
            if not self._channel.is_open():
                # The cell has forked, and its child is not to take the frames of this context.
                self._flush()
                os._exit(1 if self._failed else 0)

    def _report_missing(self, error) -> None:
        """Sends an exception that IPython has kept to itself, such as the end of a debugger."""
        if error is not None and not self._reported:
            self._report(type(error), error, error.__traceback__, f"{failures.name_of(type(error))}\n")

    def _finish(self, cell: int) -> None:
        # A task that goes on cannot ask: no cell would be there to be answered.
        self._input.allowed = False
        self._displays.finish()
        # The cell may have replaced them.
        self._flush()
        for stream in (sys.stdout, sys.stderr):
            if stream not in (self._stdout, self._stderr):
                try:
                    stream.flush()
                except Exception:  # Code of the user.
                    pass
        self._channel.send(
            {
                "type": "ended",
                "cell": cell,
                "failed": self._failed,
                "count": self._shell.execution_count - 1,
                "dropped": self._budget.dropped,
            }
        )


def main() -> None:
    # Another number than 0, closed in programs that cells start. Standard input is empty.
    descriptor = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    driver = Driver(descriptor)
    driver.start()
    if os.getcwd() == WAITING:
        preload(RECORD)
        # The files of all modules, which the first traceback looks up, are then known to all clones.
        inspect.getmodule(sys._getframe())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    serving = loop.create_task(driver.serve())
    while True:
        try:
            loop.run_until_complete(serving)
        except (KeyboardInterrupt, SystemExit):
            # Raised in another task of the user, which it has ended.
            continue
        except BaseException:
            os._exit(70)
