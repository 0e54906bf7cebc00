# Follows a link of its own in a directory for everybody, as a program of root's would be tricked.
# @promise guest account
# @layer guest
# @held symlinks 1
# @held hardlinks 1
# @held fifos [12]
# @held regular [12]
from attempt import held

for what in ("symlinks", "hardlinks", "fifos", "regular"):
    value = open("/proc/sys/fs/protected_" + what).read().strip()
    held(what, value in ("1", "2"), value)
