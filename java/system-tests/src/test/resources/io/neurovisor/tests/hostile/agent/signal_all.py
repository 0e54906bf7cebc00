# Kills every process that it may, and is one of them.
# @promise guest account
# @layer agent
# @line begun
# @held everybody (EPERM|ESRCH|itself)
import errno
import os
from attempt import held

print("begun", flush=True)
try:
    # Whom it may kill: nobody, for the call spares the process itself.
    os.kill(-1, 9)
    held("everybody", True, "itself")
except OSError as error:
    held("everybody", True, errno.errorcode[error.errno])
