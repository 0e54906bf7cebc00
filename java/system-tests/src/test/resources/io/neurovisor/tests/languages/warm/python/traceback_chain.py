# Causes, contexts and notes of an exception.
# @exit 1


def load(name):
    try:
        return {}[name]
    except KeyError as error:
        raise ValueError(f"no {name}") from error


def convert():
    try:
        load("size")
    except ValueError as error:
        error.add_note("a note\nof two lines")
        raise RuntimeError("cannot convert")


try:
    convert()
except RuntimeError:
    raise TypeError("hides its context") from None
finally:
    convert()
