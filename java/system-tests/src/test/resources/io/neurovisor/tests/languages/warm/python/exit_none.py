# sys.exit without a number is success, and so is the site module's exit().
# @exit 0
import sys

try:
    sys.exit()
except SystemExit as end:
    print(repr(end.code), repr(end))
try:
    sys.exit(None)
except SystemExit as end:
    print(repr(end.code))
print("leaving")
exit()
