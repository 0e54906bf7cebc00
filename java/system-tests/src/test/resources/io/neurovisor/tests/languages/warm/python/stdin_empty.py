# Standard input that was not given is at its end at once.
import os
import stat
import sys

mode = os.fstat(0).st_mode
print(stat.S_ISCHR(mode), stat.S_ISFIFO(mode), os.isatty(0), sys.stdin.isatty())
print(repr(sys.stdin.read()), list(sys.stdin), os.read(0, 10))
try:
    input("? ")
except EOFError as error:
    print("EOFError:", error)
