package io.neurovisor.server.daemon;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.HttpConfig;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.http.api.ApiPort;
import io.neurovisor.server.http.api.ApiPortLimits;
import io.neurovisor.server.http.api.HttpApi;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** The HTTP port of a daemon, whose APIs call its gRPC services. */
final class HttpServing implements AutoCloseable {
    private final ApiPort port;
    private final ScheduledExecutorService timer;

    private HttpServing(ApiPort port, ScheduledExecutorService timer) {
        this.port = port;
        this.timer = timer;
    }

    /**
     * Opens the port if the settings name one; connections wait until {@link #serve}.
     *
     * @param resources closes it
     */
    static Optional<HttpServing> open(
            ResourceStack resources, Settings settings, HttpApis apis, GrpcPorts services, InstantSource clock) {
        HttpConfig config = settings.config().http();
        if (config.port().isEmpty()) {
            return Optional.empty();
        }
        if (!config.listen().isLoopbackAddress()) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "%s %s is an address that other machines reach, and the HTTP port has no TLS; choose one of this machine, such as 127.0.0.1, behind a proxy with TLS"
                            .formatted(
                                    HttpConfig.HTTP_LISTEN.flag(),
                                    config.listen().getHostAddress()));
        }
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("http-timer").factory());
        List<HttpApi> served =
                apis.create(new HttpApis.Context(services.inProcess(), config, settings.access(), clock, timer));
        InetSocketAddress address =
                new InetSocketAddress(config.listen(), config.port().get());
        try {
            ApiPort port = ApiPort.open(address, Optional.empty(), served, ApiPortLimits.USUAL);
            return Optional.of(resources.own(new HttpServing(port, timer), HttpServing::close));
        } catch (IOException failure) {
            timer.shutdownNow();
            throw new NeuroVisorException(
                    Fault.PORT_UNUSABLE,
                    "HTTP port %d cannot be opened (%s); choose another with %s"
                            .formatted(address.getPort(), failure.getMessage(), HttpConfig.HTTP_PORT.flag()),
                    failure);
        }
    }

    InetSocketAddress address() {
        return port.address();
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

    @Override
    public void close() {
        port.close();
        timer.shutdownNow();
    }
}
