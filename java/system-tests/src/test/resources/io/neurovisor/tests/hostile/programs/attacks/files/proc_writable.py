# Writes to files of /proc that are not a process' own.
# @promise guest account
# @layer guest
# @held written 0
import os
from attempt import held

written = []
for directory, directories, names in os.walk("/proc"):
    if directory == "/proc":
        directories[:] = [name for name in directories if not name.isdigit() and name not in ("self", "thread-self")]
    for name in names:
        path = os.path.join(directory, name)
        try:
            file = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.write(file, b"0")
            # What is covered is the null device.
            if os.fstat(file).st_rdev != os.makedev(1, 3):
                written.append(path)
        except OSError:
            pass
held("written", not written, written or 0)
