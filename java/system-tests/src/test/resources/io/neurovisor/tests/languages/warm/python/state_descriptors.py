# A program starts with three open descriptors.
import os
import stat

found = []
for name in sorted(os.listdir("/proc/self/fd"), key=int):
    try:
        found.append((int(name), oct(stat.S_IFMT(os.fstat(int(name)).st_mode))))
    except OSError:
        print("only the listing's own is closed by now:", name)
print(found)
print(os.open("/dev/null", os.O_RDONLY), os.pipe())
