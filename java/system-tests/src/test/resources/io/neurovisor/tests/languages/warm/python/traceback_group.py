# Groups of exceptions are drawn as trees.
# @exit 1


def fail(number):
    try:
        [][number]
    except IndexError as error:
        return error


try:
    raise ExceptionGroup("outer", [fail(1), ExceptionGroup("inner", [ValueError("a"), TypeError("b")])])
except* TypeError as group:
    print(group.exceptions[0].message)
