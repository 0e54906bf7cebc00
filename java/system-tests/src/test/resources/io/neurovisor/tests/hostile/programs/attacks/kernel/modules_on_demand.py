# Has the kernel load rarely tested modules by asking for their protocols.
# @promise guest kernel
# @layer guest
# @held families 0
# @refused n_hdlc EACCES EPERM ENOENT EIO
# @refused loop_control EACCES ENOENT EPERM
import os
import socket
from attempt import attempt, held

worked = []
# AX25, NETROM, ROSE, RDS, LLC, CAN, TIPC, BLUETOOTH, RXRPC, PHONET, KCM, QIPCRTR, SMC.
for family in (3, 6, 11, 21, 26, 29, 30, 31, 33, 35, 41, 42, 43):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind).close()
            worked.append(family)
        except OSError:
            pass
held("families", not worked, worked or 0)
attempt("n_hdlc", os.open, "/dev/ttyS0", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
attempt("loop_control", os.open, "/dev/loop-control", os.O_RDWR)
