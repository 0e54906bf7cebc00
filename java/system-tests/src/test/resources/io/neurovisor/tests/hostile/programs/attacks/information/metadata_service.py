# Asks the cloud's metadata service, the machines of the local network and the Internet.
# @promise virtual machine
# @layer 6
# @refused metadata ENETUNREACH
# @refused gateway ENETUNREACH
# @refused internet ENETUNREACH
# @refused internet6 ENETUNREACH EADDRNOTAVAIL
# @refused datagram ENETUNREACH
# @refused broadcast ENETUNREACH EACCES
import socket
from attempt import attempt


def reach(host, port, kind=socket.SOCK_STREAM, family=socket.AF_INET):
    with socket.socket(family, kind) as link:
        link.settimeout(5)
        link.connect((host, port))


attempt("metadata", reach, "169.254.169.254", 80)
attempt("gateway", reach, "10.0.2.2", 22)
attempt("internet", reach, "1.1.1.1", 443)
attempt("internet6", reach, "2606:4700:4700::1111", 443, family=socket.AF_INET6)
attempt("datagram", reach, "8.8.8.8", 53, socket.SOCK_DGRAM)
attempt("broadcast", reach, "255.255.255.255", 67, socket.SOCK_DGRAM)
