"""Describes the variables of a context without running code of the user."""

import itertools
import reprlib
import sys

from .channel import encoded_header

TEXT_CHARACTERS_MAX = 120
NAME_CHARACTERS_MAX = 100
VARIABLES_MAX = 400
HEADER_BYTES_MAX = 48 << 10

_PLAIN = frozenset(
    (int, float, complex, bool, type(None), str, bytes, bytearray, list, tuple, dict, set, frozenset, range)
)
_SIZED = frozenset((str, bytes, bytearray, list, tuple, dict, set, frozenset, range))
_SHAPED = frozenset((("numpy", "ndarray"), ("pandas.core.frame", "DataFrame"), ("pandas.core.series", "Series")))


class _Bounded(reprlib.Repr):
    """Shows built-in values. Of all others it shows the type: their __repr__ is code of the user."""

    def repr1(self, value, level):
        if type(value) not in _PLAIN:
            return f"<{type_name(value)}>"
        if type(value) is int and value.bit_length() > 512:
            return f"<int of {value.bit_length()} bits>"
        if type(value) in (set, frozenset):
            items = ", ".join(self.repr1(item, level - 1) for item in itertools.islice(value, self.maxset))
            return f"{type(value).__name__}({{{items}{', ...' if len(value) > self.maxset else ''}}})"
        if type(value) is dict:
            items = ", ".join(
                f"{self.repr1(key, level - 1)}: {self.repr1(item, level - 1)}"
                for key, item in itertools.islice(value.items(), self.maxdict)
            )
            return "{" + items + (", ..." if len(value) > self.maxdict else "") + "}" if level > 0 else "{...}"
        if type(value) in (bytes, bytearray):
            return repr(bytes(value[:40])) + ("..." if len(value) > 40 else "")
        return super().repr1(value, level)


_TEXT = _Bounded()
_TEXT.maxstring = 80


def type_name(value) -> str:
    kind = type(value)
    module = type.__getattribute__(kind, "__module__")
    name = type.__getattribute__(kind, "__qualname__")
    if type(module) is not str or module in ("builtins", "__main__"):
        return name[:NAME_CHARACTERS_MAX]
    return f"{module}.{name}"[:NAME_CHARACTERS_MAX]


def describe(name: str, value) -> dict:
    described = {"name": name[:NAME_CHARACTERS_MAX], "kind": type_name(value)}
    kind = type(value)
    if kind in _SIZED:
        described["length"] = len(value)
    elif (kind.__module__, kind.__name__) in _SHAPED and _is_library(kind):
        described["shape"] = [int(size) for size in value.shape][:8]
    described["text"] = _TEXT.repr(value)[:TEXT_CHARACTERS_MAX]
    return described


def _is_library(kind) -> bool:
    """Returns whether a class is what its library defines, and not one of the user that has its name."""
    library = sys.modules.get(kind.__module__)
    return getattr(library, kind.__name__, None) is kind


def variables(namespace: dict, hidden) -> tuple:
    """Returns the descriptions of the user's variables, and whether some were left out."""
    described = []
    room = HEADER_BYTES_MAX
    names = sorted(
        name for name in list(namespace) if type(name) is str and not name.startswith("_") and name not in hidden
    )
    for name in names:
        one = describe(name, namespace.get(name))
        room -= len(encoded_header(one)) + 2
        if room < 0 or len(described) == VARIABLES_MAX:
            return described, True
        described.append(one)
    return described, False
