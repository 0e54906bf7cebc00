# A program may close its stdout; what it prints then is an error, its end is not.
# @exit 0
import sys

print("before")
sys.stdout.close()
try:
    print("after")
except ValueError as error:
    print(error, file=sys.stderr)
