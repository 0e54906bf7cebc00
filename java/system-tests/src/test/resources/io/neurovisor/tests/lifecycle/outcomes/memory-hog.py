# Takes all memory under a name that looks like the end of the kernel's report.
import ctypes
import os

PR_SET_NAME = 15
ctypes.CDLL(None).prctl(PR_SET_NAME, b"a\n) total-vm:\x1b", 0, 0, 0)
os.mkdir("out")
with open("out/kept", "w") as file:
    file.write("kept")
print("allocating")
hoard = []
while True:
    hoard.append(b"x" * (1 << 20))
