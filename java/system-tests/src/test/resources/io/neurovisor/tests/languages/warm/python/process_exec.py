# A program can replace itself by another run of itself.
# @args "3"
import os
import sys

count = int(sys.argv[1])
print(count, sys.argv, os.path.basename(sys.executable), sys.orig_argv[1:], flush=True)
if count:
    os.execv(sys.executable, [sys.executable, __file__, str(count - 1)])
