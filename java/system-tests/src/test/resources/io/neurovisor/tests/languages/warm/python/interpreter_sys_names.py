# Nothing is added to the module sys, and its hooks are the original ones.
import sys

print(sorted(vars(sys)))
print(sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__)
print(sys.breakpointhook is sys.__breakpointhook__, sys.unraisablehook is sys.__unraisablehook__)
print(sys.stdin is sys.__stdin__, sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__)
print(sys.get_asyncgen_hooks(), sys.get_coroutine_origin_tracking_depth(), sys.exc_info())
