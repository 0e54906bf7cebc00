# Reads physical memory, ports and the kernel's image of itself.
# @promise guest kernel
# @layer guest
# @refused mem EACCES ENOENT EPERM
# @refused kmem EACCES ENOENT EPERM
# @refused port EACCES ENOENT EPERM
# @held kcore
# @refused iomem_of_pci EACCES ENOENT EPERM unknown.*
# shellcheck source=/dev/null
source ./attempt.sh
for device in mem kmem port; do
    attempt "$device" head -c 16 "/dev/$device"
done
empty() { [[ $(head -c 1 "$1" | wc -c) == 0 ]]; }
held kcore empty /proc/kcore
resources=(/sys/bus/pci/devices/*/resource0)
attempt iomem_of_pci head -c 16 "${resources[0]}"
