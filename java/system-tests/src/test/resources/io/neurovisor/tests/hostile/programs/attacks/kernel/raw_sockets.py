# Opens sockets that see or forge packets.
# @promise guest account
# @layer guest
# @refused packet EPERM EAFNOSUPPORT
# @refused packet_datagram EPERM EAFNOSUPPORT
# @refused raw EPERM EPROTONOSUPPORT
# @refused raw6 EPERM EPROTONOSUPPORT EAFNOSUPPORT
# @refused xdp EPERM EAFNOSUPPORT
import socket
from attempt import attempt

attempt("packet", socket.socket, 17, socket.SOCK_RAW, 0x0300)
attempt("packet_datagram", socket.socket, 17, socket.SOCK_DGRAM, 0x0300)
attempt("raw", socket.socket, socket.AF_INET, socket.SOCK_RAW, 255)
attempt("raw6", socket.socket, socket.AF_INET6, socket.SOCK_RAW, 255)
attempt("xdp", socket.socket, 44, socket.SOCK_RAW)
