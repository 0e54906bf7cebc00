"""Values as strict JSON, within limits: NaN and infinities become null, times ISO 8601."""

import datetime
import json
import math
import sys

NODES_MAX = 100_000
CHARACTERS_MAX = 1 << 20
DEPTH_MAX = 64
INTEGER_BITS_MAX = 4096
TEXT_CHARACTERS_MAX = 256
_TIMES = (datetime.date, datetime.time)
_SIMPLE = (str, int, float, type(None))


class Encoded(bytes):
    """The finished bytes of a part."""


class Oversized:
    """Stands for a part that exceeds a limit. The size is 0 if nothing has counted it."""

    def __init__(self, size: int = 0):
        self.size = size


class Unsupported(Exception):
    """JSON has no form for a value."""


class TooLarge(Exception):
    """A value has too many parts."""


def encoded(value) -> Encoded:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Encoded(text.encode("utf-8", "replace"))


class Plain:
    """Copies values as what JSON has, until the copies exceed the limits together."""

    def __init__(self, nodes: int = NODES_MAX, characters: int = CHARACTERS_MAX, unknown=None):
        self._nodes = nodes
        self._characters = characters
        # What returns the text of a value for which JSON has no form.
        self._unknown = unknown

    def copy(self, value, depth: int = 0):
        self._nodes -= 1
        if self._nodes < 0 or depth > DEPTH_MAX:
            raise TooLarge
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            number = float.__float__(value)
            return number if math.isfinite(number) else None
        if isinstance(value, dict):
            return {self._key(key): self.copy(item, depth + 1) for key, item in dict.items(value)}
        if isinstance(value, list):
            return [self.copy(item, depth + 1) for item in list.__iter__(value)]
        if isinstance(value, tuple):
            return [self.copy(item, depth + 1) for item in tuple.__iter__(value)]
        return self._other(value)

    def _text(self, value: str) -> str:
        self._characters -= str.__len__(value)
        if self._characters < 0:
            raise TooLarge
        return str.__str__(value)

    def _integer(self, value: int) -> int:
        if int.bit_length(value) > INTEGER_BITS_MAX:
            return self._without_form(value)
        return int.__add__(value, 0)

    def _key(self, key) -> str:
        plain = self.copy(key) if isinstance(key, _SIMPLE) else self._without_form(key)
        # As JSON's own encoders write other keys.
        return plain if isinstance(plain, str) else json.dumps(plain)

    def _other(self, value):
        if _is_missing(value):
            return None
        if isinstance(value, _TIMES):
            return self._text(value.isoformat())
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.generic):
            if isinstance(value, (numpy.datetime64, numpy.timedelta64)):
                return str(value)
            return self.copy(value.item(), DEPTH_MAX)
        return self._without_form(value)

    def _without_form(self, value) -> str:
        if self._unknown is None:
            raise Unsupported
        return self._text(self._unknown(value))


def _is_missing(value) -> bool:
    """Returns whether a value is what pandas and numpy have for no value."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and (value is getattr(pandas, "NaT", None) or value is getattr(pandas, "NA", None)):
        return True
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.datetime64, numpy.timedelta64)) and bool(numpy.isnat(value))


def text_of(value) -> str:
    """Returns the short text of an object, whose class may be hostile. Durations are ISO 8601."""
    duration = getattr(type(value), "isoformat", None)
    try:
        text = duration(value) if duration else str(value)
        return str.__str__(text)[:TEXT_CHARACTERS_MAX]
    except Exception:  # Code of the user.
        return f"<{type(value).__name__}>"
