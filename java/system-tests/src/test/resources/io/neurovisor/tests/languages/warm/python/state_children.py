# A program begins without children, as wait() reports.
import os

try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError as error:
    print(error)
with open(f"/proc/self/task/{os.getpid()}/children") as children:
    print(repr(children.read()))
