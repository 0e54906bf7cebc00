package io.neurovisor.server.daemon;

import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.server.Settings;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.http.api.ApiPort;
import io.neurovisor.server.http.api.HttpApi;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/** The HTTP port of a daemon, whose APIs call its gRPC services. */
final class HttpServing implements AutoCloseable {
    private final ApiPort port;
    private final List<HttpApi> apis;
    private final boolean isEncrypted;
    private final ScheduledExecutorService timer;

    private HttpServing(ApiPort port, List<HttpApi> apis, boolean isEncrypted, ScheduledExecutorService timer) {
        this.port = port;
        this.apis = apis;
        this.isEncrypted = isEncrypted;
        this.timer = timer;
    }

    /**
     * Creates the APIs of a port; connections wait until {@link #serve}.
     *
     * @param port is closed with the result
     */
    static HttpServing of(
            ApiPort port,
            Settings settings,
            HttpApis apis,
            boolean isEncrypted,
            GrpcPorts services,
            Supplier<List<Sandbox>> sandboxes,
            InstantSource clock) {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("http-timer").factory());
        List<HttpApi> served = apis.create(new HttpApis.Context(
                services.inProcess(),
                () -> ids(sandboxes.get()),
                settings.config().http(),
                settings.access(),
                clock,
                timer));
        return new HttpServing(port, served, isEncrypted, timer);
    }

    private static List<String> ids(List<Sandbox> sandboxes) {
        return sandboxes.stream().map(sandbox -> sandbox.id().value()).toList();
    }

    HttpAddress address() {
        return new HttpAddress(port.address(), isEncrypted);
    }

    void serve() {
        port.serve(apis);
    }

    void stopAccepting() {
        port.stopAccepting();
    }

    /** Waits until all responses have been sent, or the deadline has passed. */
    void awaitEnd(Deadline deadline) throws InterruptedException {
        boolean _ = port.awaitEnd(deadline);
    }

    @Override
    public void close() {
        port.close();
        timer.shutdownNow();
    }
}
