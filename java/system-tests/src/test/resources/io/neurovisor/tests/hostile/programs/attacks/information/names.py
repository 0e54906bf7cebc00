# Resolves names: by the configuration, by its own, by multicast.
# @promise virtual machine
# @layer 6
# @held resolver (EAI_.*|-?\d+)
# @refused resolv_conf EACCES EROFS ENOENT
# @refused hosts EACCES EROFS
# @refused multicast ENETUNREACH ENODEV
import socket
from attempt import attempt, held, write

try:
    held("resolver", False, socket.getaddrinfo("example.com", 80))
except socket.gaierror as error:
    held("resolver", True, error.errno)
attempt("resolv_conf", write, "/etc/resolv.conf", "nameserver 1.1.1.1")
attempt("hosts", write, "/etc/hosts", "1.1.1.1 example.com")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    attempt("multicast", link.sendto, b"x", ("224.0.0.251", 5353))
