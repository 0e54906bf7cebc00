# Makes files until there is no room for another, wherever it may write.
# @promise guest account
# @layer guest
# @held home (ENOSPC|EDQUOT)
# @held tmp (ENOSPC|EDQUOT)
# @held shm (ENOSPC|EDQUOT)
import errno
import os
from attempt import held

for what, place in (("home", "."), ("tmp", "/tmp"), ("shm", "/dev/shm")):
    directory = place + "/many"
    os.mkdir(directory)
    made = 0
    try:
        while made < 200_000:
            os.mknod(f"{directory}/{made}")
            made += 1
        held(what, False, made)
    except OSError as error:
        held(what, True, errno.errorcode[error.errno])
    for name in os.listdir(directory):
        os.unlink(f"{directory}/{name}")
