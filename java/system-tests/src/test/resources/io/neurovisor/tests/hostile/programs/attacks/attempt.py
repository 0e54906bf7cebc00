# How hostile programs in Python attempt something and tell what came of it.
import ctypes
import errno
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def tell(verdict, what, *how):
    print(verdict, what, *(str(part)[:200] for part in how), flush=True)


def refused(what, number):
    tell("REFUSED", what, errno.errorcode.get(number, number))


def held(what, promised, *how):
    tell("HELD" if promised else "ESCAPED", what, *how)


def attempt(what, action, *arguments, **options):
    """What ends without an error has worked."""
    try:
        result = action(*arguments, **options)
    except OSError as error:
        return refused(what, error.errno)
    tell("ESCAPED", what, repr(result))
    return result


def call(what, number, *arguments):
    """A system call by its number; -1 alone is its refusal."""
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *map(_argument, arguments))
    if result == -1:
        refused(what, ctypes.get_errno())
    else:
        tell("ESCAPED", what, result)
    return result


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def read(path, count=100):
    with open(path, "rb", buffering=0) as file:
        return file.read(count)


def _argument(value):
    if isinstance(value, int):
        return ctypes.c_long(value)
    return ctypes.c_char_p(value) if isinstance(value, bytes) else value
