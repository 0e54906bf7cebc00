# Attaches a classic filter to a socket and asks the kernel to compile it where it never ends.
# @promise guest kernel
# @layer guest
# @refused endless_filter EINVAL EPERM
# @refused reuseport_ebpf EPERM EINVAL EBADF
import ctypes
import socket
import struct
from attempt import attempt

# A jump that goes backwards: JA by -1.
jump = ctypes.create_string_buffer(struct.pack("HBBI", 0x05, 0, 0, 0xFFFFFFFF), 8)
filter = struct.pack("HxxxxxxQ", 1, ctypes.addressof(jump))
with socket.socket() as victim:
    attempt("endless_filter", victim.setsockopt, socket.SOL_SOCKET, 26, filter)
    attempt("reuseport_ebpf", victim.setsockopt, socket.SOL_SOCKET, 52, 1)
