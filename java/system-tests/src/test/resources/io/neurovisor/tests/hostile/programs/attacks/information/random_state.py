# Draws what clones of one template would draw alike.
# @promise virtual machine
# @layer 6
# @line DRAWN random [0-9a-f]{32}
# @line DRAWN getrandom [0-9a-f]{32}
# @line DRAWN uuid [0-9a-f-]{36}
# @line DRAWN module \d+
# @line DRAWN boot [0-9a-f-]{36}
# @line DRAWN machine [0-9a-f]{32}
# @line DRAWN host vm-[0-9a-f]+
# @twice
import os
import random
import socket

print("DRAWN random", open("/dev/urandom", "rb").read(16).hex())
print("DRAWN getrandom", os.getrandom(16).hex())
print("DRAWN uuid", open("/proc/sys/kernel/random/uuid").read().strip())
print("DRAWN module", random.getrandbits(128))
print("DRAWN boot", open("/proc/sys/kernel/random/boot_id").read().strip())
print("DRAWN machine", open("/etc/machine-id").read().strip())
print("DRAWN host", socket.gethostname())
