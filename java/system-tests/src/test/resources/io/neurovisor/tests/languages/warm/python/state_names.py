# How the kernel names the process, and what it says of its time and memory.
import os
import resource
import time

print(open("/proc/self/comm").read().strip(), os.path.basename(os.readlink("/proc/self/exe")))
print(os.readlink("/proc/self/cwd") == os.getcwd(), os.readlink("/proc/self/root"))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime < 60, usage.ru_maxrss > 0, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime < 60)
print(time.process_time() < 60, time.perf_counter() > 0, time.monotonic() > 0, time.thread_time() < 60)
