# Searches its own memory for data that the agent may have sent to the waiting interpreter.
# @promise virtual machine
# @layer agent
# @held searched \d+
# @held secrets none
import re
from attempt import held

found, searched = set(), 0
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
    for line in maps:
        if " rw-p " not in line or "[v" in line:
            continue
        start, end = (int(address, 16) for address in line.split()[0].split("-"))
        try:
            memory.seek(start)
            content = memory.read(end - start)
        except OSError:
            continue
        searched += len(content)
        found.update(re.findall(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}", content))
held("searched", searched > 1 << 20, searched)
# The pattern itself is in memory, the key that it would match is not.
held("secrets", not found, "none" if not found else found)
