package io.neurovisor.server.daemon;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.PortHolder;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.HttpConfig;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.http.api.ApiPort;
import io.neurovisor.server.http.api.ApiPortLimits;
import io.neurovisor.server.http.api.ApiPortTls;
import io.neurovisor.server.http.api.HttpApi;
import io.neurovisor.server.http.api.RequestObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/** The HTTP port of a daemon, whose APIs call its gRPC services. */
final class HttpServing implements AutoCloseable {
    private final ApiPort port;
    private final boolean isEncrypted;
    private final ScheduledExecutorService timer;

    private HttpServing(ApiPort port, boolean isEncrypted, ScheduledExecutorService timer) {
        this.port = port;
        this.isEncrypted = isEncrypted;
        this.timer = timer;
    }

    /**
     * Opens the port if the settings name one; connections wait until {@link #serve}.
     *
     * @param resources closes it
     * @param tls empty for connections without encryption
     */
    static Optional<HttpServing> open(
            ResourceStack resources,
            Settings settings,
            HttpApis apis,
            Optional<ApiPortTls> tls,
            RequestObserver observer,
            GrpcPorts services,
            Supplier<List<Sandbox>> sandboxes,
            InstantSource clock) {
        HttpConfig config = settings.config().http();
        if (config.port().isEmpty()) {
            return Optional.empty();
        }
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("http-timer").factory());
        List<HttpApi> served = apis.create(new HttpApis.Context(
                services.inProcess(), () -> ids(sandboxes.get()), config, settings.access(), clock, timer));
        InetSocketAddress address =
                new InetSocketAddress(config.listen(), config.port().get());
        try {
            ApiPort port = ApiPort.open(address, tls, served, ApiPortLimits.USUAL, observer);
            return Optional.of(resources.own(new HttpServing(port, tls.isPresent(), timer), HttpServing::close));
        } catch (IOException failure) {
            timer.shutdownNow();
            throw new NeuroVisorException(
                    Fault.PORT_UNUSABLE,
                    new PortHolder(HostFiles.SYSTEM).explain(address, failure) + "; choose another with "
                            + HttpConfig.HTTP_PORT.flag() + ", or another address with "
                            + HttpConfig.HTTP_LISTEN.flag(),
                    failure);
        }
    }

    private static List<String> ids(List<Sandbox> sandboxes) {
        return sandboxes.stream().map(sandbox -> sandbox.id().value()).toList();
    }

    HttpAddress address() {
        return new HttpAddress(port.address(), isEncrypted);
    }

    void serve() {
        try {
            port.serve();
        } catch (IOException failure) {
            throw new NeuroVisorException(Fault.PORT_UNUSABLE, String.valueOf(failure.getMessage()), failure);
        }
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
