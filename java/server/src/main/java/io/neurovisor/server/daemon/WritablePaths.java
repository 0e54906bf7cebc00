package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.neurovisor.server.setting.ProcessEnvironment;
import java.nio.file.Path;
import java.util.List;

/** The paths that a daemon of root may write: its data, its sockets, those of its machines, and temporary files. */
final class WritablePaths {
    private WritablePaths() {}

    static List<Path> of(Path data, Path socket) {
        return List.of(
                data,
                ProcessEnvironment.current().runtimeDirectory(),
                requireNonNull(socket.toAbsolutePath().getParent(), "a socket has a directory"),
                Path.of(System.getProperty("java.io.tmpdir")),
                Path.of("/tmp"), // The JVM's attach mechanism.
                Path.of("/var/tmp"), // SQLite's temporary files.
                Path.of("/dev/null"));
    }
}
