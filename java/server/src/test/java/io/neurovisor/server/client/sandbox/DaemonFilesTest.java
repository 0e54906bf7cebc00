package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.sandbox.FileGrpcService;
import io.neurovisor.server.grpc.sandbox.FilesOnly;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.GuestFilesContract;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The real client and service on a Unix socket, with files in memory. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class DaemonFilesTest extends GuestFilesContract {
    @TempDir
    private Path directory;

    private GrpcPorts ports;
    private SandboxClient client;

    @BeforeEach
    void serve() {
        ports = new GrpcPorts(
                List.of(new FileGrpcService(new FilesOnly(new FakeFiles()))),
                List.of(new TraceInterceptor(new Random(1), Tracing.OFF)),
                Duration.ofMinutes(1));
        Path socket = directory.resolve("s");
        ports.listen(socket);
        ports.serve();
        client = SandboxClient.connect(socket, Optional.empty());
    }

    @AfterEach
    void close() {
        client.close();
        ports.close();
    }

    @Override
    protected GuestFiles files() {
        return client.files(FilesOnly.ID);
    }

    @Override
    protected String forbidden() {
        return FakeFiles.FORBIDDEN;
    }

    @Override
    protected long tooMuch() {
        return 2 * FakeFiles.ROOM;
    }
}
