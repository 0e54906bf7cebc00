# Prints the view of a program on its machine as JSON. It changes nothing.
import json
import os
import stat


def text(path):
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return None


def names(path):
    try:
        return sorted(os.listdir(path))
    except OSError:
        return None


def kind(mode):
    if stat.S_ISLNK(mode):
        return "link"
    for is_kind, letter in ((stat.S_ISCHR, "c"), (stat.S_ISBLK, "b"), (stat.S_ISDIR, "d"), (stat.S_ISREG, "f")):
        if is_kind(mode):
            return letter + format(stat.S_IMODE(mode), "o")
    return oct(mode)


def below(directory):
    found = {}
    for parent, directories, files in os.walk(directory):
        for name in directories + files:
            path = os.path.join(parent, name)
            found[path] = kind(os.lstat(path).st_mode)
    return found


def mounts():
    found = {}
    for line in text("/proc/self/mounts").splitlines():
        _, target, file_system, options = line.split()[:4]
        found[target] = [file_system, *options.split(",")]
    return found


def status():
    return dict(line.split(":", 1) for line in text("/proc/self/status").replace("\t", " ").splitlines())


def has_capabilities(path):
    try:
        return "security.capability" in os.listxattr(path)
    except OSError:
        return False


def privileged_programs():
    found = []
    for directory in ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/local/bin"):
        for name in names(directory) or ():
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISREG(mode) and (mode & (stat.S_ISUID | stat.S_ISGID) or has_capabilities(path)):
                found.append(path)
    return found


def first_line_of(path):
    if os.path.isdir(path):
        return names(path)
    try:
        with open(path, "rb") as file:
            return file.readline(100).decode(errors="replace")
    except OSError as error:
        return os.strerror(error.errno)


def settings(paths):
    return {path: text("/proc/sys/" + path) for path in paths}


def limits():
    lines = [line.split("  ") for line in text("/proc/self/limits").splitlines()]
    return {line[0]: [part.strip() for part in line[1:] if part.strip()][:2] for line in lines}


asked = json.loads(input())
print(
    json.dumps(
        {
            "uid": os.getresuid(),
            "gid": os.getresgid(),
            "groups": os.getgroups(),
            "status": {name: value.strip() for name, value in status().items()},
            "parent": os.getppid(),
            "namespaces": {name: os.readlink("/proc/self/ns/" + name) for name in names("/proc/self/ns")},
            "processes": [name for name in names("/proc") if name.isdigit()],
            "self": str(os.getpid()),
            "cgroup": text("/proc/self/cgroup"),
            "groupsSeen": [name for name in names("/sys/fs/cgroup") if os.path.isdir("/sys/fs/cgroup/" + name)],
            "tasksMax": text("/sys/fs/cgroup" + text("/proc/self/cgroup")[3:] + "/pids.max"),
            "unixSockets": text("/proc/self/net/unix").splitlines()[1:],
            "devices": below("/dev"),
            "mounts": mounts(),
            "settings": settings(asked["settings"]),
            "hidden": {path: first_line_of(path) for path in asked["hidden"] if os.path.lexists(path)},
            "privilegedPrograms": privileged_programs(),
            "limits": limits(),
            "descriptors": {name: os.path.exists("/proc/self/fd/" + name) for name in names("/proc/self/fd")},
            "commandLine": text("/proc/cmdline").split(),
            "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "virtio": sorted(text(f"/sys/bus/virtio/devices/{name}/device") for name in names("/sys/bus/virtio/devices")),
            "acpi": [name for name in names("/sys/bus/acpi/devices") or () if not name.startswith("LNX")],
            "pci": names("/sys/bus/pci/devices") or [],
            "buses": {
                bus: names(f"/sys/bus/{bus}/devices") or [] for bus in ("usb", "scsi", "i2c", "hid", "serio", "nvme", "xen", "vmbus")
            },
            "blocks": names("/sys/block"),
            "networks": names("/sys/class/net"),
        }
    )
)
