# Exceptions that cannot be caught.
# @exit 0
import sys


class Resource:
    def __del__(self):
        raise OSError("cannot release")

    def __repr__(self):
        return "<Resource>"


sys.unraisablehook = lambda hook: print(type(hook.object).__name__, hook.exc_value, hook.exc_traceback.tb_lineno)
resource = Resource()
del resource
sys.unraisablehook = sys.__unraisablehook__
print(sys.unraisablehook.__name__)
