# Looks for devices that a small machine must not have: network, USB, sound, disks of others, graphics.
# @promise virtual machine
# @layer 6
# @held network lo
# @held buses none
# @held disks vda
# @held virtio [1-9]
import os
from attempt import held

network = sorted(os.listdir("/sys/class/net"))
held("network", network == ["lo"], *network)
buses = [bus for bus in ("usb", "scsi", "pcmcia", "hid") if os.path.isdir(f"/sys/bus/{bus}/devices") and os.listdir(f"/sys/bus/{bus}/devices")]
held("buses", not buses, "none" if not buses else buses)
disks = sorted(disk for disk in os.listdir("/sys/block") if not disk.startswith(("loop", "ram")))
held("disks", disks == ["vda"], *disks)
virtio = os.listdir("/sys/bus/virtio/devices")
held("virtio", 1 <= len(virtio) <= 5, len(virtio))
