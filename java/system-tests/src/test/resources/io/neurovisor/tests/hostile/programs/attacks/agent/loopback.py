# Looks for the agent on every port of the machine's own addresses.
# @promise channel
# @layer guest
# @held open 0
import socket
from attempt import held

found = []
for port in range(1, 65536):
    with socket.socket() as link:
        if link.connect_ex(("127.0.0.1", port)) == 0 and link.getsockname() != link.getpeername():
            found.append(port)
held("open", not found, found or 0)
