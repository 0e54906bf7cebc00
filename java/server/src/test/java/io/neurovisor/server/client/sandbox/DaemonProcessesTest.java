package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.server.grpc.sandbox.OneSandbox;
import io.neurovisor.server.grpc.sandbox.ProcessGrpcService;
import io.neurovisor.testkit.FakeProcesses;
import io.neurovisor.testkit.GuestProcessesContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The real client and service on a Unix socket, with processes in memory. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class DaemonProcessesTest extends GuestProcessesContract {
    @TempDir
    private Path directory;

    private ServedSandbox served;

    @BeforeEach
    void serve() {
        served = new ServedSandbox(directory, new ProcessGrpcService(new OneSandbox(new FakeProcesses(() -> {}))));
    }

    @AfterEach
    void close() {
        served.close();
    }

    @Override
    protected GuestProcesses processes() {
        return served.client().processes(OneSandbox.ID);
    }
}
