"""A kernel, its end, and the messages of its channels."""

import os
import tempfile

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

START_SECONDS = 55
# How often the end of the kernel is noticed while it says nothing.
ALIVE_MILLISECONDS = 500


class Kernel:
    """Runs until this process ends. Its sockets are files that other users cannot reach, so no network is needed."""

    def __init__(self, directory: str):
        self._files = tempfile.mkdtemp(prefix="neurovisor-kernel-")
        self._manager = KernelManager(
            kernel_name=os.path.basename(directory),
            transport="ipc",
            ip=os.path.join(self._files, "socket"),
            connection_file=os.path.join(self._files, "connection.json"),
            autorestart=False,
        )
        spec = KernelSpec.from_resource_dir(directory)
        # It ends with this process, however that ends.
        spec.argv = ["setpriv", "--pdeathsig", "KILL", *spec.argv]
        if "ipykernel_launcher" in spec.argv:
            # The kernels of a sandbox share one home directory. Two that write its history file print an error each.
            spec.argv.append("--HistoryManager.enabled=False")
        self._manager._kernel_spec = spec
        self.client = None

    def start(self) -> None:
        self._manager.start_kernel()
        self.client = self._manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(START_SECONDS)

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def exit_code(self):
        """Returns the exit code of a kernel that has ended, or None."""
        code = self._manager.provisioner.process.poll()
        return 128 - code if code is not None and code < 0 else code
