# Speaks on the agent's port to the host in its place.
# @promise channel
# @layer guest
# @refused ports ENOENT EACCES EPERM
# @refused device EACCES ENOENT EPERM EBUSY
# @refused other_device EACCES ENOENT EPERM EBUSY
import glob
import os
from attempt import attempt

ports = sorted(glob.glob("/dev/vport*")) + ["/dev/none"] * 2
attempt("ports", os.open, "/dev/virtio-ports/neurovisor.agent", os.O_RDWR)
attempt("device", os.open, ports[0], os.O_RDWR | os.O_NONBLOCK)
attempt("other_device", os.open, ports[1], os.O_RDWR | os.O_NONBLOCK)
