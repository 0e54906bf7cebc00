"""Exceptions as data: name, value, frames and a text traceback."""

import linecache
import os
import traceback

import IPython

from .channel import encoded_header

NAME_CHARACTERS_MAX = 256
VALUE_CHARACTERS_MAX = 4096
FIELD_CHARACTERS_MAX = 200
TRACEBACK_BYTES_MAX = 16 << 10
FRAMES_MAX = 32
# The agent accepts 64 KiB. Without frames a header has at most 26 KiB.
HEADER_BYTES_MAX = 60 << 10

_DRIVER = os.path.dirname(os.path.realpath(__file__)) + os.sep
_OUTER = (_DRIVER, os.path.dirname(os.path.realpath(IPython.__file__)) + os.sep)


def text_of(value: BaseException) -> str:
    """Returns the text of an exception, whose class may be hostile."""
    try:
        text = str(value)
        return text if type(text) is str else str.__str__(text)
    except Exception as failure:
        return f"<str() failed: {type(failure).__name__}>"


def frames(error: type, value: BaseException, trace) -> list:
    """Returns the frames from the code of the cell on, the innermost ones if there are many."""
    found = []
    for frame, line in traceback.walk_tb(trace):
        code = frame.f_code
        if code.co_filename.startswith(_DRIVER if found else _OUTER):
            continue
        found.append(_frame(code.co_filename, line, code.co_name))
        if len(found) > 4 * FRAMES_MAX:
            del found[FRAMES_MAX:-FRAMES_MAX]
    if issubclass(error, SyntaxError):
        found.append(_frame(str(value.filename or ""), value.lineno or 0, "", value.text))
    if len(found) > FRAMES_MAX:
        half = FRAMES_MAX // 2
        found = found[:half] + found[-half:]
    return found


def of_cell(trace):
    """Returns the traceback from the code of the cell on."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OUTER):
        trace = trace.tb_next
    return trace


def _frame(file: str, line, function: str, source=None) -> dict:
    line = line if isinstance(line, int) and 0 <= line < 1 << 31 else 0
    source = linecache.getline(file, line) if source is None else str(source)
    return {
        "file": _short(file),
        "line": line,
        "function": _short(function),
        "source": _short(source.rstrip()),
    }


def _short(text: str) -> str:
    return text[:FIELD_CHARACTERS_MAX]


def name_of(error: type) -> str:
    # Python 3.13 calls the error of an unfinished cell _IncompleteInputError.
    if error.__name__ == "_IncompleteInputError":
        return "SyntaxError"
    return str(error.__name__)[:NAME_CHARACTERS_MAX]


def header(cell: int, error: type, value: BaseException, trace) -> dict:
    try:
        found = frames(error, value, trace)
    except Exception:
        found = []
    described = {
        "type": "error",
        "cell": cell,
        "name": name_of(error),
        "value": text_of(value)[:VALUE_CHARACTERS_MAX],
        "frames": found,
    }
    while len(encoded_header(described)) > HEADER_BYTES_MAX:
        # Characters may take several bytes. The innermost frames say most.
        described["frames"] = described["frames"][1 + len(described["frames"]) // 2 :]
    return described


def body(text: str) -> bytes:
    """Returns the end of a traceback, where the exception is."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= TRACEBACK_BYTES_MAX:
        return encoded
    return "…\n".encode() + encoded[-TRACEBACK_BYTES_MAX + 4 :]
