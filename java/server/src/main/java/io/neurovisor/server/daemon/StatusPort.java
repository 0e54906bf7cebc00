package io.neurovisor.server.daemon;

import io.netty.handler.ssl.SslContext;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.PortHolder;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.config.MetricsConfig;
import io.neurovisor.server.http.HttpCall;
import io.neurovisor.server.http.HttpLimits;
import io.neurovisor.server.http.HttpPort;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.page.HostCheck;
import io.neurovisor.server.page.StatusPages;
import io.prometheus.metrics.exporter.common.PrometheusScrapeHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP port for liveness ({@code /health}), readiness ({@code /ready}), metrics ({@code /metrics}) and the status
 * page ({@link StatusPages}). It is read-only. Except for {@code /health}, it responds only to requests whose Host
 * header names this server, or, where keys are required, that contain a key; {@code /ready} needs none.
 */
final class StatusPort implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatusPort.class);

    static final HttpLimits LIMITS = new HttpLimits(512, 256, Duration.ofSeconds(5), Duration.ofSeconds(20));

    private static final Map<String, String> CHALLENGE =
            Map.of("WWW-Authenticate", "Basic realm=\"NeuroVisor\", charset=\"UTF-8\"");

    private static final String PAGES = "there is " + StatusPages.PATHS + ", /health, /ready and /metrics";

    private final boolean keysRequired;
    private final Function<List<String>, Optional<AccessKey>> keys;
    private final Readiness readiness;
    private final PrometheusScrapeHandler metrics;
    private final StatusPages pages;
    private final HostCheck hosts;
    private final HttpPort port;

    /**
     * Opens the port; connections wait until {@link #serve}.
     *
     * @param tls created from the config's files
     * @param keys finds the key in a header
     */
    StatusPort(
            MetricsConfig config,
            Optional<SslContext> tls,
            Function<List<String>, Optional<AccessKey>> keys,
            Readiness readiness,
            PrometheusRegistry registry,
            Supplier<Overview> overviews,
            HttpLimits limits) {
        InetSocketAddress address = new InetSocketAddress(config.listen(), config.port());
        this.keysRequired = config.requireKeys();
        this.keys = keys;
        this.readiness = readiness;
        this.metrics = new PrometheusScrapeHandler(registry);
        this.hosts = new HostCheck(names(address));
        this.port = listen(address, tls, limits);
        this.pages = new StatusPages(overviews, PAGES);
    }

    private HttpPort listen(InetSocketAddress address, Optional<SslContext> tls, HttpLimits limits) {
        try {
            return HttpPort.open(address, tls, this::handle, limits);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.PORT_UNUSABLE,
                    new PortHolder(HostFiles.SYSTEM).explain(address, exception)
                            + "; choose another with --metrics-port, or another address with --metrics-listen",
                    exception);
        }
    }

    /** If other machines can reach the port, the machine's own names are accepted. */
    private static Set<String> names(InetSocketAddress address) {
        Set<String> names = new HashSet<>(Set.of("localhost"));
        if (!address.getAddress().isLoopbackAddress()) {
            names.add(HostFiles.SYSTEM
                    .text("/proc/sys/kernel/hostname")
                    .orElse("localhost")
                    .toLowerCase(Locale.ROOT));
        }
        return names;
    }

    /** Starts to respond, first to the connections that wait. */
    void serve() {
        port.serve();
    }

    InetSocketAddress address() {
        return port.address();
    }

    @Override
    public void close() {
        pages.close();
        port.close();
    }

    private void handle(HttpCall call) throws IOException {
        if (!call.method().equals("GET") && !call.isHead()) {
            call.answer(405, Map.of("Allow", "GET, HEAD"), "this port is read-only; use GET");
        } else if (call.path().equals("/health")) {
            call.answer(200, Map.of(), "live");
        } else {
            boolean needsKey = keysRequired && !call.path().equals("/ready");
            Optional<HostCheck.Refusal> refusal = needsKey ? withoutKey(call) : ofAnotherServer(call);
            if (refusal.isPresent()) {
                int status = refusal.get().status();
                call.answer(
                        status,
                        status == 401 ? CHALLENGE : Map.of(),
                        refusal.get().text());
            } else {
                show(call);
            }
        }
    }

    /**
     * With a key, the Host header needs no check, because a browser sends it only to the name for which it was typed.
     */
    private Optional<HostCheck.Refusal> withoutKey(HttpCall call) {
        try {
            Optional<AccessKey> key = keys.apply(call.headers("Authorization"));
            if (key.isEmpty()) {
                return Optional.of(new HostCheck.Refusal(
                        401,
                        "an API key is needed, as \"authorization: Bearer nvk_...\" or as the password of any user;"
                                + " ./neurovisor keys create NAME --scopes=metrics makes one"));
            }
            return key.get().grant().scopes().contains(Scope.METRICS)
                    ? Optional.empty()
                    : Optional.of(new HostCheck.Refusal(
                            403,
                            "key " + key.get().grant().name()
                                    + " lacks the scope metrics; make another key with --scopes=metrics"));
        } catch (NeuroVisorException failure) {
            LOG.error("clients with a key are rejected: {}", failure.getMessage());
            return Optional.of(
                    new HostCheck.Refusal(503, "the keys cannot be read now; the server's log gives the reason"));
        }
    }

    private Optional<HostCheck.Refusal> ofAnotherServer(HttpCall call) {
        return call.path().startsWith("/")
                ? hosts.refusal(call.headers("Host"))
                : Optional.of(new HostCheck.Refusal(400, "this is not a proxy; request a path"));
    }

    private void show(HttpCall call) throws IOException {
        switch (call.path()) {
            case "/ready" -> {
                Optional<String> obstacle = readiness.obstacle();
                call.answer(obstacle.isEmpty() ? 200 : 503, Map.of(), obstacle.orElse("ready"));
            }
            case "/metrics" -> {
                Scrape scrape = new Scrape(call);
                metrics.handleRequest(scrape);
                scrape.send();
            }
            default -> pages.handle(call);
        }
    }
}
