package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.PortHolder;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.HttpConfig;
import io.neurovisor.server.http.api.ApiPort;
import io.neurovisor.server.http.api.ApiPortLimits;
import io.neurovisor.server.http.api.ApiPortTls;
import io.neurovisor.server.http.api.RequestObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The HTTP port of a daemon while it is opened by a thread of its own: the rest of the daemon starts meanwhile, which hides most
 * of the time that Jetty takes.
 */
final class HttpOpening implements AutoCloseable {
    private final InetSocketAddress address;
    private final FutureTask<ApiPort> port;

    private HttpOpening(InetSocketAddress address, FutureTask<ApiPort> port) {
        this.address = address;
        this.port = port;
    }

    /**
     * Begins to open the port, unless the settings close it.
     *
     * @param tls empty for connections without encryption
     */
    static Optional<HttpOpening> begin(Config config, Optional<ApiPortTls> tls, RequestObserver observer) {
        return config.http().port().map(number -> {
            InetSocketAddress address = new InetSocketAddress(config.http().listen(), number);
            FutureTask<ApiPort> port =
                    new FutureTask<>(() -> ApiPort.open(address, tls, ApiPortLimits.USUAL, observer));
            Thread _ = Thread.ofPlatform().daemon().name("http-open").start(port);
            return new HttpOpening(address, port);
        });
    }

    /** Returns the port when it is open. Its connections wait until it serves. */
    ApiPort await() {
        try {
            return port.get();
        } catch (ExecutionException failure) {
            Throwable cause = requireNonNull(failure.getCause());
            throw new NeuroVisorException(Fault.PORT_UNUSABLE, explanation(cause), cause);
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted("cancelled", interrupt);
        }
    }

    private String explanation(Throwable cause) {
        String problem = cause instanceof IOException failure
                ? new PortHolder(HostFiles.SYSTEM).explain(address, failure)
                : "HTTP port " + address + " cannot be opened: " + cause;
        return problem + "; choose another with " + HttpConfig.HTTP_PORT.flag() + ", or another address with "
                + HttpConfig.HTTP_LISTEN.flag();
    }

    /** Also closes a port that no one has awaited. */
    @Override
    public void close() {
        try {
            port.get().close();
        } catch (ExecutionException _) {
            // There is no port.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
