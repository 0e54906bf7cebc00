package io.neurovisor.server.client.sandbox;

import io.grpc.BindableService;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.trace.Tracing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A service on a Unix socket, and a client of it. */
final class ServedSandbox implements AutoCloseable {
    private final GrpcPorts ports;
    private final SandboxClient client;

    ServedSandbox(Path directory, BindableService service) {
        ports = new GrpcPorts(
                List.of(service),
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

    SandboxClient client() {
        return client;
    }

    @Override
    public void close() {
        client.close();
        ports.close();
    }
}
