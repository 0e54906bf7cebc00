package io.neurovisor.host.qemu;

import io.neurovisor.host.spawner.PassedFile.Access;
import io.neurovisor.host.spawner.PassedFile;
import io.neurovisor.host.spawner.VmmLaunch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files of one QEMU, which it knows only as open descriptors. */
final class QemuFiles {
    private final int firstDescriptor;
    private final List<PassedFile> files = new ArrayList<>();

    /** @param socketCount how many descriptors come before them */
    QemuFiles(int socketCount) {
        firstDescriptor = VmmLaunch.FIRST_DESCRIPTOR + socketCount;
    }

    /** Returns the name by which QEMU opens it. */
    String add(Path path, Access access) {
        return "/proc/self/fd/" + addDescriptor(path, access);
    }

    /** Returns its number. */
    int addDescriptor(Path path, Access access) {
        files.add(new PassedFile(path, access));
        return firstDescriptor + files.size() - 1;
    }

    List<PassedFile> all() {
        return List.copyOf(files);
    }
}
