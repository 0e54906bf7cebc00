# Atexit functions run last first; exceptions in them are printed, and do not stop the others.
# @exit 0
import atexit
import sys


class Failing:
    def __call__(self, text):
        raise RuntimeError(text)

    def __repr__(self):
        return "<a failing callback>"


atexit.register(print, "runs last")
atexit.register(sys.exit, 5)
atexit.register(Failing(), "in atexit")
atexit.register(lambda: atexit.register(print, "registered late"))
removed = atexit.register(print, "runs first")
print(atexit._ncallbacks())
