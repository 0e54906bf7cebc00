# A text given to sys.exit goes to stderr, and the exit code is 1.
# @exit 1
# @stderr
# | that was it: ü
import sys

print("working")
sys.exit("that was it: ü")
