package io.neurovisor.testkit;

import io.neurovisor.engine.vm.BootFiles;
import java.nio.file.Path;

/** Boot files for fakes, which never open them. */
public final class TestFiles {
    private TestFiles() {}

    public static BootFiles bootFiles() {
        return new BootFiles(
                "base",
                Path.of("/nowhere/kernel"),
                "1".repeat(64),
                Path.of("/nowhere/initrd"),
                "2".repeat(64),
                Path.of("/nowhere/rootfs"),
                "3".repeat(64));
    }
}
