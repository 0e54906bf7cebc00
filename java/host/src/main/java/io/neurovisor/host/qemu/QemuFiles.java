package io.neurovisor.host.qemu;

import io.neurovisor.host.spawner.PassedFile;
import io.neurovisor.host.spawner.PassedFile.Access;
import io.neurovisor.host.spawner.VmmLaunch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files of a QEMU, which it receives as open descriptors only. */
final class QemuFiles {
    private final int firstDescriptor;
    private final List<PassedFile> files = new ArrayList<>();

    /** @param socketCount the number of descriptors before them */
    QemuFiles(int socketCount) {
        firstDescriptor = VmmLaunch.FIRST_DESCRIPTOR + socketCount;
    }

    /** Adds a file and returns the name by which QEMU opens it. */
    String add(Path path, Access access) {
        return add(new PassedFile(path, access));
    }

    private String add(PassedFile file) {
        return "/proc/self/fd/" + addDescriptor(file);
    }

    /** Adds a file and returns its descriptor. */
    int addDescriptor(Path path, Access access) {
        return addDescriptor(new PassedFile(path, access));
    }

    private int addDescriptor(PassedFile file) {
        files.add(file);
        return firstDescriptor + files.size() - 1;
    }

    /** Adds a file for the state of the devices and returns the name by which QEMU opens it. */
    String addDeviceState() {
        return add(PassedFile.deviceState());
    }

    List<PassedFile> all() {
        return List.copyOf(files);
    }
}
