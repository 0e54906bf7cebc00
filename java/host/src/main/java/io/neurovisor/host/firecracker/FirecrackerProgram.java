package io.neurovisor.host.firecracker;

import java.nio.file.Path;

/**
 * A Firecracker installation on this host.
 *
 * @param jailer the jailer of the same version
 * @param version the version as {@code --version} prints it, such as {@code 1.12.1}
 */
public record FirecrackerProgram(Path executable, Path jailer, String version) {}
