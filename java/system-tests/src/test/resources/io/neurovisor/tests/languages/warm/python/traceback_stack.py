# The stack that a program sees begins with itself.
import inspect
import sys
import traceback


def inner():
    traceback.print_stack(file=sys.stdout)
    return [(frame.function, frame.lineno, frame.code_context) for frame in inspect.stack()]


def outer():
    return inner()


for entry in outer():
    print(entry)
print(len(traceback.StackSummary.extract(traceback.walk_stack(sys._getframe()))))
