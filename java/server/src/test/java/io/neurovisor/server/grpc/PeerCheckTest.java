package io.neurovisor.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.access.PeerUsers;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Uses a real Unix socket, whose peer the kernel reports. */
@Timeout(60)
final class PeerCheckTest {
    private static final int SOMEBODY_ELSE = 12_345;

    @TempDir
    private Path data;

    private Path socket;
    private ServedExecutions served;

    @BeforeEach
    void open() {
        socket = data.resolve("s");
        served = new ServedExecutions(
                data,
                TestPools.executions(new FakeVmm(_ -> new FakeGuest()), TestFiles.bootFiles(), Ticker.SYSTEM),
                true,
                Optional.empty());
    }

    @AfterEach
    void close() {
        served.close();
    }

    @Test
    void closesAnotherUsersConnectionBeforeAnyData() throws IOException {
        served.listen(socket, PeerUsers.of(SOMEBODY_ELSE));
        try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            assertThat(connection.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    @Test
    void theAuditLogContainsTheConnectedUser() throws IOException {
        served.listen(socket, PeerUsers.ownAndRoot());
        try (DaemonClient client = DaemonClient.connect(socket)) {
            ExecutionRequest request = new ExecutionRequest(
                    new TraceId(UUID.randomUUID()),
                    new Program(Language.BASH, "true"),
                    Duration.ofSeconds(30),
                    SandboxSize.SMALL);
            assertThat(client.execute(request, new RecordingSink()).vmm()).isEqualTo("fake");
        }
        assertThat(audit())
                .contains("\"tenant\":\"unix:" + Files.getAttribute(Path.of("/proc/self"), "unix:uid") + "\"");
    }

    private String audit() throws IOException {
        StringBuilder text = new StringBuilder();
        try (Stream<Path> files = Files.list(data.resolve("audit"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                text.append(Files.readString(file));
            }
        }
        return text.toString();
    }
}
