# Writes to every file of /sys but those of its own control group.
# @promise guest account
# @layer guest
# @held written 0
# @held tried [1-9]\d\d+
import os
from attempt import held

tried, written = 0, []
for directory, _, names in os.walk("/sys"):
    for name in names:
        tried += 1
        path = os.path.join(directory, name)
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            written.append(path)
        except OSError:
            pass
held("written", not written, written or 0)
held("tried", tried > 100, tried)
