# Gives the machine a network by netlink: an interface, an address, a route, a rule of nftables.
# @promise virtual machine
# @layer guest
# @refused new_link EPERM EOPNOTSUPP
# @refused new_address EPERM
# @refused new_route EPERM
# @refused nftables EPERM EPROTONOSUPPORT
# @refused audit EPERM EPROTONOSUPPORT ECONNREFUSED
import os
import socket
import struct
from attempt import attempt


def ask(protocol, kind, body):
    with socket.socket(16, socket.SOCK_RAW, protocol) as link:
        link.settimeout(5)
        link.bind((0, 0))
        # NLM_F_REQUEST | NLM_F_ACK | NLM_F_EXCL | NLM_F_CREATE
        link.send(struct.pack("IHHII", 16 + len(body), kind, 0x605, 1, 0) + body)
        answer = link.recv(4096)
        error = struct.unpack_from("i", answer, 16)[0]
        if error:
            raise OSError(-error, os.strerror(-error))
        return answer


kind = struct.pack("HH", 10, 1) + b"dummy\0\0\0"
attempt("new_link", ask, 0, 16, struct.pack("BxHiII", 0, 0, 0, 0, 0) + struct.pack("HH", 4 + len(kind), 18) + kind)
attempt("new_address", ask, 0, 20, struct.pack("BBBBi", 2, 24, 0, 0, 1) + struct.pack("HH4s", 8, 2, b"\x0a\0\0\x01"))
attempt("new_route", ask, 0, 24, struct.pack("BBBBBBBBI", 2, 0, 0, 0, 254, 3, 0, 1, 0) + struct.pack("HHI", 8, 4, 1))
attempt("nftables", ask, 12, 10 << 8 | 0, struct.pack("BBH", 2, 0, 0) + b"\x06\0\x01\0t\0\0\0")
attempt("audit", ask, 9, 1001, struct.pack("II", 1, 0) + bytes(32))
