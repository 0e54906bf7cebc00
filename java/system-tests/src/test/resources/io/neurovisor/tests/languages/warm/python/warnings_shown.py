# Which warnings are shown, with the line that they come from.
# @file helper.py
# | import warnings
# |
# |
# | def old():
# |     warnings.warn("in a module", DeprecationWarning)
import sys
import warnings

import helper

print(warnings.filters)
warnings.warn("to the user")
warnings.warn("in the program", DeprecationWarning)
helper.old()
open("main.py")
for _ in range(3):
    warnings.warn("once per line", RuntimeWarning)
print(sorted(key[1].__name__ for key in __warningregistry__ if isinstance(key, tuple)))
