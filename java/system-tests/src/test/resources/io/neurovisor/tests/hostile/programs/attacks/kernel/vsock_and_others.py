# Opens sockets of families that reach past the machine: vsock by every address, AF_ALG, SMC.
# @promise channel
# @layer 6
# @refused host EPERM EACCES ENODEV ECONNRESET ENETUNREACH ETIMEDOUT EAFNOSUPPORT ECONNREFUSED EHOSTUNREACH
# @refused hypervisor EPERM EACCES ENODEV ECONNRESET ENETUNREACH ETIMEDOUT EAFNOSUPPORT ECONNREFUSED EHOSTUNREACH
# @refused other_guest EPERM EACCES ENODEV ECONNRESET ENETUNREACH ETIMEDOUT EAFNOSUPPORT ECONNREFUSED EHOSTUNREACH
import socket
from attempt import attempt


def reach(cid, port):
    with socket.socket(40, socket.SOCK_STREAM) as link:
        link.settimeout(5)
        link.connect((cid, port))


def timed(cid, port):
    try:
        reach(cid, port)
    except TimeoutError:
        raise OSError(110, "timed out") from None


attempt("host", timed, 2, 6000)
attempt("hypervisor", timed, 0, 22)
attempt("other_guest", timed, 3, 6000)
