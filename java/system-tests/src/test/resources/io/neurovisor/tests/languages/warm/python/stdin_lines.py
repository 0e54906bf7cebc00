# Standard input can be iterated, and read in parts.
# @stdin
# | one
# | zwei ü
# |
# | four
# | five
import sys

print(repr(sys.stdin.readline()), repr(sys.stdin.read(3)))
for number, line in enumerate(sys.stdin):
    print(number, repr(line))
print(repr(sys.stdin.read()), repr(sys.stdin.readline()))
