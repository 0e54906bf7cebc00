# Looks for sockets of the agent by their names, in files and without.
# @promise channel
# @layer guest
# @held sockets none
import os
import stat
from attempt import held

names = [line.split()[-1] for line in list(open("/proc/net/unix"))[1:] if len(line.split()) > 7]
for place in ("/run", "/tmp", "/var", "/dev", "/home"):
    for directory, _, files in os.walk(place):
        for name in files:
            path = os.path.join(directory, name)
            try:
                if stat.S_ISSOCK(os.lstat(path).st_mode):
                    names.append(path)
            except OSError:
                pass
held("sockets", not names, "none" if not names else names)
