package io.neurovisor.server.client.sandbox;

import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.sandbox.OneSandbox;
import io.neurovisor.server.grpc.sandbox.ProcessGrpcService;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.FakeProcesses;
import io.neurovisor.testkit.GuestProcessesContract;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The real client and service on a Unix socket, with processes in memory. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class DaemonProcessesTest extends GuestProcessesContract {
    @TempDir
    private Path directory;

    private GrpcPorts ports;
    private SandboxClient client;

    @BeforeEach
    void serve() {
        ports = new GrpcPorts(
                List.of(new ProcessGrpcService(new OneSandbox(new FakeProcesses(() -> {})))),
                List.of(new LocalUser(), new TraceInterceptor(new Random(1), Tracing.OFF)),
                Duration.ofMinutes(1));
        Path socket = directory.resolve("s");
        ports.listen(socket);
        ports.serve();
        client = SandboxClient.connect(socket, Optional.empty());
    }

    /** Makes each call one of a user at the Unix socket. */
    private record LocalUser() implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            return Contexts.interceptCall(Tenant.with(new Tenant.LocalUser(1000)), call, headers, next);
        }
    }

    @AfterEach
    void close() {
        client.close();
        ports.close();
    }

    @Override
    protected GuestProcesses processes() {
        return client.processes(OneSandbox.ID);
    }
}
