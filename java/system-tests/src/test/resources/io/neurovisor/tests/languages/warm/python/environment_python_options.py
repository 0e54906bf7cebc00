# Options that Python takes from its environment hold from the first line on.
# @plain
# @env PYTHONOPTIMIZE=1
# @env PYTHONPATH=library:/nowhere
# @env PYTHONDONTWRITEBYTECODE=1
# @env PYTHONUNBUFFERED=
# @env PYTHONIOENCODING=latin-1:replace
# @env PYTHONINTMAXSTRDIGITS=700
# @file library/found.py
# | print("found", __name__)
import sys

import found

assert False
print(__debug__, sys.flags.optimize, sys.path[:3], sys.dont_write_bytecode)
print("ü €", sys.stdout.encoding, sys.stdout.write_through, sys.get_int_max_str_digits())
