# Directory, mask, priority, limits, session and identity of the process.
import os
import resource

print(os.getcwd(), oct(os.umask(0o22)), os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0))
print(os.getuid(), os.geteuid(), os.getgid(), os.getgroups(), os.getresuid(), os.cpu_count(), len(os.sched_getaffinity(0)))
print(os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid(), os.getppid() == os.getppid())
for name in sorted(name for name in dir(resource) if name.startswith("RLIMIT_")):
    print(name, resource.getrlimit(getattr(resource, name)))
with open("/proc/self/status") as status:
    print([line.split() for line in status if line.startswith(("Umask", "Cap", "NoNewPrivs", "Seccomp:", "Threads"))])
