# Takes the agent's own port, on which the host asks.
# @promise channel
# @layer guest
# @held port (EADDRINUSE|EACCES|EPERM|EAFNOSUPPORT|EADDRNOTAVAIL|ENODEV|unheard)
import errno
import socket
from attempt import held

try:
    with socket.socket(40, socket.SOCK_STREAM) as link:
        link.bind((0xFFFFFFFF, 6000))
        link.listen()
        link.settimeout(5)
        try:
            link.accept()
            held("port", False, "the host came")
        except TimeoutError:
            held("port", True, "unheard")
except OSError as error:
    held("port", True, errno.errorcode[error.errno])
