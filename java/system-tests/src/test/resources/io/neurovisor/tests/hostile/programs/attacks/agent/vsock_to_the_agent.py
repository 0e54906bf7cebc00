# Asks the agent itself for another execution, over vsock by each of its own addresses.
# @promise channel
# @layer guest
# @held answers 0
import socket
from attempt import held

# The preface of HTTP/2 and settings that say nothing.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
answers = 0
for cid in (0xFFFFFFFF, 1, 2, 3, 0):
    try:
        with socket.socket(40, socket.SOCK_STREAM) as link:
            link.settimeout(3)
            link.connect((cid, 6000))
            link.send(PREFACE)
            answers += bool(link.recv(100))
    except OSError:
        pass
held("answers", answers == 0, answers)
