# Hides open files in unread sockets, where no limit of a process counts them.
# @promise guest account
# @layer guest
# @held sent \d+
# @held refused (ETOOMANYREFS|EMFILE|ENOMEM|EAGAIN|ENFILE)
import errno
import os
import socket
from attempt import held

sent, error_name = 0, "none"
null = os.open("/dev/null", os.O_RDONLY)
sockets = []
try:
    while sent < 1_000_000:
        sockets.append(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
        sockets[-1][0].setblocking(False)
        try:
            while True:
                socket.send_fds(sockets[-1][0], [b"x"], [null] * 200)
                sent += 200
        except BlockingIOError:
            pass
except OSError as error:
    error_name = errno.errorcode[error.errno]
held("sent", sent < 1_000_000, sent)
held("refused", error_name != "none", error_name)
