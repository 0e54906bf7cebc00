# Leaves files whose names are paths, orders, or no text at all.
# @promise output files
# @layer agent
# @line made 3
# @file $(reboot)
# @file ..data
# @file a\b
# @skipped has a control character
# @skipped is not Unicode text
import os

os.makedirs(b"out", exist_ok=True)
made = 0
for name in (b"..data", b"$(reboot)", b"a\\b"):
    open(b"out/" + name, "w").write("x")
    made += 1
for name in (b"a\nb", b"c\xff"):
    open(b"out/" + name, "w").write("x")
print("made", made)
