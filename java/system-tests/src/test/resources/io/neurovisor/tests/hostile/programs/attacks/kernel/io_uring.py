# Sets up an io_uring, whose operations pass by filters of system calls.
# @promise guest account
# @layer guest
# @refused io_uring_setup EPERM ENOSYS
# @refused io_uring_register EPERM ENOSYS EBADF EINVAL
import ctypes
from attempt import call

parameters = ctypes.create_string_buffer(120)
call("io_uring_setup", 425, 8, parameters)
call("io_uring_register", 427, -1, 13, parameters, 1)
