# Counts how many processes it gets.
# @promise guest account
# @layer guest
# @held refused EAGAIN
# @held processes \d{2,4}
import errno
import os
import signal
from attempt import held

children = []
try:
    while len(children) < 5000:
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
    held("refused", False, len(children))
except OSError as error:
    held("refused", True, errno.errorcode[error.errno])
for child in children:
    os.kill(child, 9)
for child in children:
    os.waitpid(child, 0)
held("processes", len(children) < 5000, len(children))
