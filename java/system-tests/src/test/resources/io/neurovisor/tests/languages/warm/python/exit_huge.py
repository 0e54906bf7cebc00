# A number that is no C integer, given to sys.exit.
# @exit 255
import sys

print("leaving")
sys.exit(2**80)
