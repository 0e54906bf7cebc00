# An uncaught exception ends the program with 1 and a traceback of the program's frames only.
# @exit 1


def outer(values):
    return [inner(value) for value in values]


def inner(value):
    return 10 / value


print(outer([1, 2]))
print(outer([5, 0]))
