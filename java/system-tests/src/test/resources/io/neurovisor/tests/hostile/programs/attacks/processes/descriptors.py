# Opens files until there are no more.
# @promise guest account
# @layer guest
# @held refused EMFILE
# @held descriptors \d{3,4}
import errno
import os
from attempt import held

opened = 0
try:
    while opened < 100_000:
        os.open("/dev/null", os.O_RDONLY)
        opened += 1
    held("refused", False)
except OSError as error:
    held("refused", True, errno.errorcode[error.errno])
held("descriptors", opened <= 4096, opened)
