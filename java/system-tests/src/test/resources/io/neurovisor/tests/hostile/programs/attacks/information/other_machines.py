# Finds what another machine has left: the same program runs in two, and the second looks for the first.
# @short
# @promise virtual machine
# @layer 6
# @held found none
# @line left
# @twice
import os
from attempt import held

places = ["/tmp", "/dev/shm", "/run/lock", "/home/user", "/var/tmp"]
found = [f"{p}/mark" for p in places if os.path.exists(f"{p}/mark")]
held("found", not found, "none" if not found else found)
for place in places:
    try:
        open(place + "/mark", "w").write("x")
    except OSError:
        pass
print("left")
