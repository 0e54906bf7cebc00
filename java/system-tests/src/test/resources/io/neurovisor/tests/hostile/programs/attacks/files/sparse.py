# Leaves files that say that they are larger than all disks together.
# @promise output files
# @layer agent
# @refused terabyte EFBIG
# @held gigabyte made
# @skipped exceeds the limit of 64 MiB of returned files
import os
import signal
from attempt import attempt, held

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
os.makedirs("out", exist_ok=True)
with open("out/sparse", "wb") as file:
    attempt("terabyte", os.ftruncate, file.fileno(), 1 << 40)
    os.ftruncate(file.fileno(), 1 << 30)
    held("gigabyte", True, "made")
