# Text that the stream cannot encode is an error on stdout, and escaped on stderr.
# @exit 1
import sys

print("ü € 🦀")
print("\udcff", file=sys.stdout)
print("\ud800 \udcff ü", file=sys.stderr)
sys.stdout.reconfigure(encoding="latin-1", errors="xmlcharrefreplace", newline="\r\n")
print("ü € 🦀")
sys.stdout.reconfigure(encoding="ascii", errors="strict")
print("ü")
