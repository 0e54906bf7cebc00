package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DaemonSocketTest {
    @TempDir
    private Path directory;

    @Test
    void oneAtATime() {
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
    void whatADeadDaemonHasLeftIsRemoved() throws Exception {
        Path path = directory.resolve("daemon.sock");
        Files.writeString(path, "left");
        try (DaemonSocket _ = DaemonSocket.claim(path)) {
            assertThat(path).doesNotExist();
        }
    }

    @Test
    void aPathThatIsTooLongIsNamed() {
        assertThatThrownBy(() -> DaemonSocket.claim(directory.resolve("x".repeat(200))))
                .hasMessageContaining("longer than the 107 bytes");
    }
}
