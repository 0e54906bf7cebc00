# Takes all memory in children, one of which would always be left.
# @promise guest account
# @layer guest
# @line begun
# @held killed [1-9]\d*
# @killed .*python3.*
import os
import signal
from attempt import held

print("begun", flush=True)
killed = 0
for _ in range(3):
    child = os.fork()
    if child == 0:
        hoard = []
        while True:
            hoard.append(b"x" * (1 << 20))
    killed += os.waitpid(child, 0)[1] == signal.SIGKILL
held("killed", killed > 0, killed)
