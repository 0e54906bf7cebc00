# Writes to settings of the kernel, of memory, network and users.
# @promise guest account
# @layer guest
# @held written 0
# @held tried [1-9]\d\d+
import os
from attempt import held, write


def read_back(path):
    """What it holds, so that nothing else changes where it works."""
    try:
        return open(path).read() or "0"
    except OSError:
        return "0"


tried, written = 0, []
for directory, _, names in os.walk("/proc/sys"):
    for name in names:
        path = os.path.join(directory, name)
        tried += 1
        try:
            write(path, read_back(path))
            written.append(path)
        except OSError:
            pass
held("written", not written, written or 0)
held("tried", tried > 100, tried)
