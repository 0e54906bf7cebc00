# Opens every device that is none of a program's.
# @promise guest account
# @layer guest
# @refused disk EACCES ENOENT EPERM
# @refused serial EACCES ENOENT EPERM
# @refused console EACCES ENOENT EPERM EIO
# @refused hardware_random EACCES ENOENT EPERM
# @refused hpet EACCES ENOENT EPERM EBUSY
# @refused snapshot EACCES ENOENT EPERM
# @refused latency EACCES ENOENT EPERM
# @refused screen EACCES ENOENT EPERM
# @refused udmabuf EACCES ENOENT EPERM
# shellcheck source=/dev/null
source ./attempt.sh
device() { attempt "$1" dd "if=/dev/$2" of=/dev/null bs=1 count=1; }
device disk vda
device serial ttyS0
device console console
device hardware_random hwrng
device hpet hpet
device snapshot snapshot
device latency cpu_dma_latency
device screen vcsa1
device udmabuf udmabuf
