# A program's own hook for exceptions gets what it should, and the exit code stays 1.
# @exit 1
import sys
import traceback


def hook(kind, value, trace):
    frames = traceback.extract_tb(trace)
    print(kind.__name__, value, [(frame.name, frame.lineno, frame.line) for frame in frames])
    print(sys.exc_info(), len(traceback.extract_stack()))


sys.excepthook = hook


def fail():
    raise LookupError("for the hook")


fail()
