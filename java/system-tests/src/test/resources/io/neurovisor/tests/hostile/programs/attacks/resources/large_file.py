# Writes a file that is larger than it may be.
# @promise guest account
# @layer guest
# @refused beyond EFBIG
# @refused fallocate EFBIG ENOSPC EOPNOTSUPP
# @held signal SIGXFSZ
import os
import signal
from attempt import attempt, held

child = os.fork()
if child == 0:
    with open("/tmp/large", "wb", buffering=0) as file:
        # Python ignores what kills other programs here.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        file.seek(1 << 30)
        file.write(b"x")
    os._exit(0)
status = os.waitpid(child, 0)[1]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open("/tmp/large", "wb", buffering=0) as file:
    file.seek(1 << 30)
    attempt("beyond", file.write, b"x")
    attempt("fallocate", os.posix_fallocate, file.fileno(), 0, 2 << 30)
held("signal", os.WIFSIGNALED(status), signal.Signals(os.WTERMSIG(status)).name if status else "it wrote")
