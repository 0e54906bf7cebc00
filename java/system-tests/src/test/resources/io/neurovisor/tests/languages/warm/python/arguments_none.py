# Without arguments there is just the program's name.
import sys

print(sys.argv, sys.orig_argv)
print(sys.argv is not sys.orig_argv, type(sys.argv))
