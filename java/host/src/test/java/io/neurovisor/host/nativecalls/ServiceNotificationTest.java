package io.neurovisor.host.nativecalls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The notifications reach a real service manager's socket; a missing socket has no effect. */
@Timeout(60)
final class ServiceNotificationTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"path", "abstract name"})
    void managerReceivesEachMessage(String kind) {
        String name = kind.equals("path") ? directory.resolve("notify").toString() : "@neurovisor-" + UUID.randomUUID();
        try (DatagramListener manager = DatagramListener.bind(name)) {
            ServiceNotification notification = ServiceNotification.of(Map.of("NOTIFY_SOCKET", name));
            notification.ready("serving on 127.0.0.1:50051");
            notification.stopping("2 executions run on — Ende\nREADY=0");
            notification.alive();
            assertThat(manager.next()).isEqualTo("READY=1\nSTATUS=serving on 127.0.0.1:50051");
            assertThat(manager.next()).isEqualTo("STOPPING=1\nSTATUS=2 executions run on — Ende READY=0");
            assertThat(manager.next()).isEqualTo("WATCHDOG=1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/nowhere/at/all", "@neurovisor-no-listener", "vsock:2:1234"})
    void missingManagerIsIgnored(String socket) {
        ServiceNotification notification = ServiceNotification.of(Map.of("NOTIFY_SOCKET", socket));
        assertThatCode(() -> notification.ready("")).doesNotThrowAnyException();
        assertThatCode(() -> notification.stopping("")).doesNotThrowAnyException();
    }

    @Test
    void readsTheWatchdogTimeoutOfThisProcess() {
        String ours = Long.toString(ProcessHandle.current().pid());
        assertThat(watchdogTimeout("60000000", ours)).contains(Duration.ofMinutes(1));
        assertThat(watchdogTimeout("60000000", "")).contains(Duration.ofMinutes(1));
        assertThat(watchdogTimeout("60000000", "1")).isEmpty();
        for (String wrong : List.of("", "0", "-1", "1s", "9".repeat(19))) {
            assertThat(watchdogTimeout(wrong, ours)).as(wrong).isEmpty();
        }
        assertThat(ServiceNotification.of(Map.of("WATCHDOG_USEC", "1000")).watchdogTimeout())
                .isEmpty();
    }

    private static Optional<Duration> watchdogTimeout(String micros, String pid) {
        return ServiceNotification.of(Map.of("NOTIFY_SOCKET", "@missing", "WATCHDOG_USEC", micros, "WATCHDOG_PID", pid))
                .watchdogTimeout();
    }

    @Test
    void sendsNothingWithoutAManager() {
        ServiceNotification notification = ServiceNotification.of(Map.of());
        assertThatCode(() -> notification.ready("")).doesNotThrowAnyException();
    }

    @Test
    void reportsTheErrorOfTheSystem() {
        assertThatThrownBy(() -> UnixDatagram.send(directory.resolve("gone").toString(), new byte[1]))
                .hasMessage("sendto failed: No such file or directory (errno 2)");
        assertThatThrownBy(() -> UnixDatagram.send("vsock:2:1234", new byte[1])).hasMessageContaining("vsock:2:1234");
        assertThatThrownBy(() -> UnixDatagram.send("/" + "long".repeat(30), new byte[1]))
                .hasMessageContaining("121 bytes; allowed: 107");
    }
}
