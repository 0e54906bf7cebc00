# Calls into C, with its own view of descriptors and errno.
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
print(libc.getpid() == os.getpid(), libc.strlen(b"four"), libc.close(99), os.strerror(ctypes.get_errno()))
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 5)(5, 2, 4, 1, 3)
libc.qsort(numbers, 5, 4, compare(lambda left, right: left[0] - right[0]))
print(list(numbers), ctypes.sizeof(ctypes.c_void_p))
os.write(1, b"python\n")
libc.puts(b"from C, at the end of the program")
