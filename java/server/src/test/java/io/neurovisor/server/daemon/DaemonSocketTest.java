package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DaemonSocketTest {
    @TempDir
    private Path directory;

    @Test
    void isHeldByOneDaemonAtATime() {
        Path path = directory.resolve("new/daemon.sock");
        try (DaemonSocket socket = DaemonSocket.claim(path)) {
            assertThat(socket.path()).isEqualTo(path);
            assertThatThrownBy(() -> DaemonSocket.claim(path))
                    .hasMessageContaining(path.toString())
                    .hasMessageContaining("another daemon of this user serves it")
                    .hasMessageContaining("--socket");
        }
        DaemonSocket.claim(path).close();
    }

    @Test
    void recordsTheMetricsPortOfThisDaemonOnly() throws Exception {
        Path lock = directory.resolve("daemon.sock.lock");
        try (DaemonSocket socket = DaemonSocket.claim(directory.resolve("daemon.sock"))) {
            socket.record(new InetSocketAddress(InetAddress.getLoopbackAddress(), 43210));
            assertThat(lock).hasContent("127.0.0.1 43210\n");
        }
        try (DaemonSocket _ = DaemonSocket.claim(directory.resolve("daemon.sock"))) {
            assertThat(lock).isEmptyFile();
        }
    }

    @Test
    void removesTheSocketOfADeadDaemon() throws Exception {
        Path path = directory.resolve("daemon.sock");
        Files.writeString(path, "left");
        try (DaemonSocket _ = DaemonSocket.claim(path)) {
            assertThat(path).doesNotExist();
        }
    }

    @Test
    void rejectsADirectoryThatOthersCanWrite() throws Exception {
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> DaemonSocket.claim(open.resolve("daemon.sock")))
                .hasMessageContaining(open + " can be written by others (mode 0777)")
                .hasMessageContaining("--socket");
    }

    @Test
    void followsNoLinkInPlaceOfItsLock() throws Exception {
        Path target = directory.resolve("target");
        Files.createSymbolicLink(directory.resolve("daemon.sock.lock"), target);
        assertThatThrownBy(() -> DaemonSocket.claim(directory.resolve("daemon.sock")))
                .hasMessageContaining("its lock " + directory.resolve("daemon.sock.lock") + " is a symbolic link");
        assertThat(target).doesNotExist();
    }

    @Test
    void rejectsAPathThatIsTooLong() {
        assertThatThrownBy(() -> DaemonSocket.claim(directory.resolve("x".repeat(200))))
                .hasMessageContaining("longer than the 107 bytes");
    }
}
