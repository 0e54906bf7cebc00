# With the fault handler switched on, an abort shows the program's frames.
# @signal 6
import faulthandler
import os
import re


def stop():
    os.abort()


with open("fatal.txt", "w+") as report:
    if os.fork() == 0:
        faulthandler.enable(report)
        stop()
    print(os.waitstatus_to_exitcode(os.wait()[1]), faulthandler.is_enabled(), flush=True)
    report.seek(0)
    # Addresses differ, and so may the list of extension modules that follows.
    print(re.sub("0x[0-9a-f]+", "ADDRESS", report.read()).split("\n\nExt")[0], flush=True)
stop()
