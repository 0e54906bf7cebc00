package io.neurovisor.server.client.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.sandbox.FileGrpcService;
import io.neurovisor.server.grpc.sandbox.OneSandbox;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.GuestFilesContract;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real client and service on a Unix socket, with files in memory. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class DaemonFilesTest extends GuestFilesContract {
    @TempDir
    private Path directory;

    private final AtomicInteger refusals = new AtomicInteger();

    private GrpcPorts ports;
    private SandboxClient client;

    @BeforeEach
    void serve() {
        ports = new GrpcPorts(
                List.of(new FileGrpcService(new OneSandbox(new FakeFiles()))),
                List.of(new TraceInterceptor(new Random(1), Tracing.OFF), new RateLimited(refusals)),
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

    /** Refuses calls as a daemon does whose rate limit is exceeded. */
    private record RateLimited(AtomicInteger refusals) implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
                return next.startCall(call, headers);
            }
            Metadata trailers = new Metadata();
            trailers.put(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER), "1");
            call.close(Status.RESOURCE_EXHAUSTED, trailers);
            return new ServerCall.Listener<>() {};
        }
    }

    @Test
    void callsBeyondTheRateLimitAreRepeated() {
        refusals.set(7);
        FileTarget target = new FileTarget("patient", new WriteMode.Replace(), OptionalInt.empty(), Map.of());
        ByteBuffer content = ByteBuffer.allocate(200_000);
        try (FileWriter writer = files().write(target)) {
            writer.write(content.duplicate());
            assertThat(writer.finish().size()).isEqualTo(content.capacity());
        }
        assertThat(refusals).hasValue(0);
    }

    @Override
    protected GuestFiles files() {
        return client.files(OneSandbox.ID);
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
