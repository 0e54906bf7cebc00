# Finds what everybody may write to outside its own file systems.
# @promise guest account
# @layer guest
# @held writable none
import os
from attempt import held

own = ("/proc", "/sys", "/dev", "/home/user", "/tmp", "/var/tmp", "/run/lock")
writable = []
for directory, directories, names in os.walk("/"):
    directories[:] = [d for d in directories if os.path.join(directory, d) not in own]
    for path in [directory] + [os.path.join(directory, name) for name in names]:
        if not os.path.islink(path) and os.access(path, os.W_OK):
            writable.append(path)
held("writable", not writable, "none" if not writable else writable)
