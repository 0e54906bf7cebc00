# A negative exit code wraps around.
# @exit 255
import sys

print("leaving")
sys.exit(-1)
