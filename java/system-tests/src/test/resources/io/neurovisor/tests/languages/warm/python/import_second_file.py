# Files beside the program are modules and packages; a module is loaded once.
# @file helper.py
# | print("loading", __name__, __file__, __package__ == "")
# |
# |
# | def describe():
# |     return describe.__module__, describe.__code__.co_filename, describe.__code__.co_firstlineno
# @file parts/__init__.py
# | from .inner import NAME
# | print("package", __name__, __path__)
# @file parts/inner.py
# | NAME = __name__
import sys

import helper
import helper as again
import parts

print(helper.describe(), helper is again, parts.NAME, parts.inner.__package__)
print(helper.__cached__, helper.__spec__.has_location)
print([name for name in sys.modules if name.startswith(("helper", "parts"))])
