# Of a large exit code the kernel keeps eight bits.
# @exit 7
import sys

print("leaving")
sys.exit(256 * 3 + 7)
