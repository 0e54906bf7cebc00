package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.server.grpc.sandbox.InterpreterGrpcService;
import io.neurovisor.server.grpc.sandbox.OneSandbox;
import io.neurovisor.testkit.interpreter.FakeInterpreter;
import io.neurovisor.testkit.interpreter.GuestInterpreterContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The real client and service on a Unix socket, with an interpreter in memory. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class DaemonInterpreterTest extends GuestInterpreterContract {
    @TempDir
    private Path directory;

    private ServedSandbox served;

    @BeforeEach
    void serve() {
        served =
                new ServedSandbox(directory, new InterpreterGrpcService(new OneSandbox(new FakeInterpreter(() -> {}))));
    }

    @AfterEach
    void close() {
        served.close();
    }

    @Override
    protected GuestInterpreter interpreter() {
        return served.client().interpreter(OneSandbox.ID);
    }
}
