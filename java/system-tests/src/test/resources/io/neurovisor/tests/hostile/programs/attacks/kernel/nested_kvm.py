# Starts a virtual machine in the virtual machine.
# @short
# @promise virtual machine
# @layer 6
# @refused kvm EACCES ENOENT EPERM
# @refused vhost_vsock EACCES ENOENT EPERM
# @refused vhost_net EACCES ENOENT EPERM
# @held processor none
import os
from attempt import attempt, held

for device in ("kvm", "vhost-vsock", "vhost-net"):
    attempt(device.replace("-", "_"), os.open, "/dev/" + device, os.O_RDWR)
flags = open("/proc/cpuinfo").read().split()
nested = sorted({"vmx", "svm"} & set(flags))
held("processor", not nested, "none" if not nested else nested)
