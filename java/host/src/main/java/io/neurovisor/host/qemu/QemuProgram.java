package io.neurovisor.host.qemu;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * A QEMU installation on this host.
 *
 * @param version the version as {@code --version} prints it, such as {@code 10.0.2}
 */
public record QemuProgram(Path executable, String version) {
    public QemuProgram {
        requireNonNull(executable, "executable is null");
        requireNonNull(version, "version is null");
    }
}
