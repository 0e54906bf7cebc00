# Makes the pipe to the agent as small as it can, makes it non-blocking, and drains what it has written itself.
# @promise channel
# @layer agent
# @held capacity 4096
# @held drained \d+
# @line x{60000}
import fcntl
import os
from attempt import held

# Opened anew by its name, the writing end becomes one that reads.
again = os.open("/proc/self/fd/1", os.O_RDONLY | os.O_NONBLOCK)
fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK)
drained = 0
for _ in range(100):
    try:
        os.write(2, b".")
        drained += len(os.read(again, 10))
    except BlockingIOError:
        pass
capacity = fcntl.fcntl(1, 1031, 1)
os.close(again)
fcntl.fcntl(1, fcntl.F_SETFL, 0)
held("capacity", capacity == 4096, capacity)
held("drained", True, drained)
print("x" * 60000)
