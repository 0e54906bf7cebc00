# What the compiler warns of names the program's file and line.
import sys

value = 1
print(value is 1)
print("\d", len("\d"))
assert (value, "always true")
print("warnings" in sys.modules)
