package io.neurovisor.host.qemu;

import java.nio.file.Path;

/**
 * A QEMU installation on this host.
 *
 * @param version the version as {@code --version} prints it, such as {@code 10.0.2}
 */
public record QemuProgram(Path executable, String version) {}
