# Output to a descriptor that is gone is an exception of the program.
# @exit 1
import os
import sys

print("before")
sys.stdout.flush()
os.close(1)
try:
    print("after", flush=True)
except OSError as error:
    print(error.errno, error, file=sys.stderr)
    raise
