"""IPython's shell, without a terminal: what it shows becomes frames."""

import os
import pathlib
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from IPython.core.compilerop import CachingCompiler
from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import leading_empty_lines
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets.config import Config

from . import failures, formats
from .publishing import CellDisplayHook, CellDisplayPublisher

SHELL_END_SECONDS = 1.0
PIPE_SECONDS_AFTER_END = 0.1


class CellCompiler(CachingCompiler):
    """Calls the code of cell 7 `<cell 7>`."""

    cell = 0

    def get_code_name(self, raw_code, transformed_code, number):
        return f"<cell {self.cell}>"


class CellShell(InteractiveShell):
    """The shell of a context."""

    # Set by the driver.
    report = None
    interrupts = None
    flush = None

    def init_ipython_dir(self, ipython_dir):
        # Outside of the home of the user, in which it would be found by programs.
        self.ipython_dir = tempfile.mkdtemp(prefix="neurovisor-ipython-")

    def init_profile_dir(self, profile_dir):
        self.profile_dir = ProfileDir.create_profile_dir(self.ipython_dir)

    def init_display_formatter(self):
        self.display_formatter = formats.CellDisplayFormatter(parent=self)
        self.configurables.append(self.display_formatter)

    def adopt(self) -> None:
        """Restores what another directory, and the empty ones of a new machine, have changed since the start."""
        os.makedirs(self.profile_dir.location, 0o700, exist_ok=True)
        self.profile_dir.check_dirs()
        self.history_manager.dir_hist[:] = [pathlib.Path.cwd()]

    def enable_gui(self, gui=None):
        pass

    def ask_exit(self):
        """Ends the cell, and not the context."""
        __tracebackhide__ = True
        raise SystemExit(0)

    def showtraceback(
        self, exc_tuple=None, filename=None, tb_offset=None, exception_only=False, running_compiled_code=False
    ):
        try:
            error, value, trace = self._get_exc_info(exc_tuple)
        except ValueError:
            return
        if self.interrupts.cancelled and error.__name__ == "CancelledError":
            error, value, trace = KeyboardInterrupt, KeyboardInterrupt(), None
        if issubclass(error, KeyboardInterrupt):
            # The code of the user has ended, and repeated signals are not to end this, too.
            self.interrupts.disarm()
        try:
            text = self._traceback(error, value, trace, tb_offset)
        except BaseException:  # Code of the user, or an interrupt of it.
            text = f"{failures.name_of(error)}: the traceback cannot be formatted\n"
        self.report(error, value, trace, text)

    def _traceback(self, error, value, trace, offset) -> str:
        if issubclass(error, SyntaxError):
            return self.InteractiveTB.stb2text(self.SyntaxTB.structured_traceback(error, value, []))
        if isinstance(value, (SystemExit, UsageError)):
            return f"{error.__name__}: {failures.text_of(value)}\n"
        if issubclass(error, KeyboardInterrupt):
            # Without the search of IPython in all modules: a context that does not end its cell soon is killed.
            return "".join(traceback.format_exception(error, value, failures.of_cell(trace)))
        if isinstance(value, BaseExceptionGroup):
            return "".join(traceback.format_exception(error, value, trace))
        lines = self.InteractiveTB.structured_traceback(error, value, trace, tb_offset=offset)
        return self.InteractiveTB.stb2text(lines)

    def showsyntaxerror(self, filename=None, running_compiled_code=False):
        self.showtraceback(sys.exc_info(), filename)

    def system(self, cmd):
        """Runs a shell command, whose output becomes the output of the cell. Standard input is empty."""
        self.flush()
        command = self.var_expand(cmd, depth=1)
        process = subprocess.Popen(
            ["/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self._forward(process)
            code = process.wait()
        except BaseException:
            self._end(process)
            raise
        self.user_ns["_exit_code"] = code if code >= 0 else 128 - code

    def _forward(self, process) -> None:
        """Copies both streams until they end, or shortly after the end of the shell if another process holds them."""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ, sys.stdout)
            selector.register(process.stderr, selectors.EVENT_READ, sys.stderr)
            until = None
            while selector.get_map() and (until is None or time.monotonic() < until):
                for key, _ in selector.select(0.05):
                    data = os.read(key.fd, 32 << 10)
                    if not data:
                        selector.unregister(key.fileobj)
                    elif hasattr(key.data, "write_bytes"):
                        key.data.write_bytes(data)
                    else:
                        key.data.write(data.decode("utf-8", "replace"))
                if until is None and process.poll() is not None:
                    until = time.monotonic() + PIPE_SECONDS_AFTER_END
        for stream in (process.stdout, process.stderr, sys.stdout, sys.stderr):
            stream.close() if stream in (process.stdout, process.stderr) else stream.flush()

    def _end(self, process) -> None:
        for number in (signal.SIGINT, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
                process.wait(SHELL_END_SECONDS)
                return
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                return

    system_piped = system
    system_raw = system


def make() -> CellShell:
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.autoindent = False
    config.InteractiveShell.xmode = "Context"
    CellShell.display_pub_class.default_value = CellDisplayPublisher
    shell = CellShell.instance(
        config=config,
        displayhook_class=CellDisplayHook,
        display_pub_class=CellDisplayPublisher,
        compiler_class=CellCompiler,
        user_ns={},
    )
    keep_leading_lines(shell)
    formats.install(shell.display_formatter)
    return shell


def keep_leading_lines(shell) -> None:
    """Keeps empty lines at the beginning, so that line numbers are those of the cell. Before a cell magic they are removed."""
    transforms = list(shell.input_transformer_manager.cleanup_transforms)

    def cleaned(lines):
        empty = len(lines) - len(leading_empty_lines(lines))
        for transform in transforms:
            lines = transform(lines)
        return lines if lines and lines[0].startswith("%%") else ["\n"] * empty + lines

    shell.input_transformer_manager.cleanup_transforms = [cleaned]
