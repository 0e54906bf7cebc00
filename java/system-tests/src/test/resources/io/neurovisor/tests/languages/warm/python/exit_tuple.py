# What is neither number nor text is printed by sys.exit.
# @exit 1
# @stderr
# | (1, 'two')
import sys

print("leaving")
sys.exit((1, "two"))
