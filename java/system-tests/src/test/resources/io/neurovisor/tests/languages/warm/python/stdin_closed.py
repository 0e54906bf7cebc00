# Standard input can be closed, and opened anew.
# @stdin
# | text
import os
import sys

sys.stdin.close()
try:
    input()
except (ValueError, RuntimeError) as error:
    print(type(error).__name__, error)
descriptor = os.open("/dev/null", os.O_RDONLY)
print(descriptor)
sys.stdin = open(descriptor)
print(repr(sys.stdin.read()))
