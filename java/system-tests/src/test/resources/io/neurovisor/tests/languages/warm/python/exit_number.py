# The argument of sys.exit is the exit code; atexit and finally still run.
# @exit 3
import atexit
import sys

atexit.register(print, "atexit")
try:
    sys.exit(3)
finally:
    print("finally")
