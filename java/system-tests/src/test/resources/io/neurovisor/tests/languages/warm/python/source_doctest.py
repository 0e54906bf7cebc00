# The examples in the program's own texts are found and tried.
# @exit 1
"""
>>> add(2, 3)
5
"""
import doctest
import sys


def add(left, right):
    """Adds.

    >>> add(1, 1)
    3
    >>> add(1, "1")
    Traceback (most recent call last):
        ...
    TypeError: unsupported operand type(s) for +: 'int' and 'str'
    """
    return left + right


sys.exit(doctest.testmod().failed)
