# Loads the smallest eBPF program by the number of the call.
# @promise guest kernel
# @layer guest
# @refused bpf_prog_load EPERM ENOSYS
# @refused bpf_map_create EPERM ENOSYS
import ctypes
from attempt import call

code = ctypes.create_string_buffer(b"\xb7\0\0\0\0\0\0\0" + b"\x95\0\0\0\0\0\0\0", 16)
license = ctypes.create_string_buffer(b"GPL")
# BPF_PROG_TYPE_SOCKET_FILTER, of two instructions: return 0.
program = (ctypes.c_uint64 * 16)(1 | 2 << 32, ctypes.addressof(code), ctypes.addressof(license))
call("bpf_prog_load", 321, 5, program, 48)
array = (ctypes.c_uint32 * 32)(2, 4, 8, 1)
call("bpf_map_create", 321, 0, array, 48)
