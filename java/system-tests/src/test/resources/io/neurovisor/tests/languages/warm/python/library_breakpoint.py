# The debugger takes its commands from standard input, and stands where the program stopped.
# @exit 1
# @stdin
# | p value
# | where
# | next
# | p value
# | quit
import sys

print(sys.breakpointhook is sys.__breakpointhook__)
value = 1
breakpoint()
value = 2
value = 3
