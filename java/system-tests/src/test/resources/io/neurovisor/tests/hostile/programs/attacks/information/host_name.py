# Learns who the host is: its name, its kernel's command line, its firmware, its disks.
# @promise virtual machine
# @layer 6
# @held name vm-[0-9a-f]+
# @held command_line quiet
# @refused firmware ENOENT EACCES
# @refused serial ENOENT EACCES
# @held disks \d
import os
import re
import socket
from attempt import attempt, held, read

name = socket.gethostname()
held("name", re.fullmatch("vm-[0-9a-f]+", name), name)
command = open("/proc/cmdline").read()
held("command_line", not re.search(r"/home|/var|/tmp|token|key=", command), "quiet")
attempt("firmware", read, "/sys/class/dmi/id/product_uuid")
attempt("serial", read, "/sys/class/dmi/id/board_serial")
disks = os.listdir("/sys/block")
held("disks", len(disks) <= 3, len(disks))
