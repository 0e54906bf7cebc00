package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.PortHolder;
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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Tells by HTTP whether the server lives ({@code /health}), whether it can run programs ({@code /ready}), what it has
 * counted ({@code /metrics}), and what it is doing ({@link StatusPages}). It only shows, and, but for {@code /health}, only to
 * requests that name this server.
 */
final class StatusPort implements AutoCloseable {
    static final HttpLimits LIMITS = new HttpLimits(512, 256, Duration.ofSeconds(5), Duration.ofSeconds(20));

    private static final String PAGES = "there is " + StatusPages.PATHS + ", /health, /ready and /metrics";

    private final Readiness readiness;
    private final PrometheusScrapeHandler metrics;
    private final StatusPages pages;
    private final HostCheck hosts;
    private final HttpPort port;

    private StatusPort(
            InetSocketAddress address,
            Readiness readiness,
            PrometheusRegistry registry,
            Supplier<Overview> overviews,
            HttpLimits limits) {
        this.readiness = requireNonNull(readiness, "readiness is null");
        this.metrics = new PrometheusScrapeHandler(registry);
        this.hosts = new HostCheck(names(address));
        this.port = listen(address, limits);
        this.pages = new StatusPages(overviews, PAGES);
    }

    static StatusPort open(
            InetSocketAddress address, Readiness readiness, PrometheusRegistry registry, Supplier<Overview> overviews) {
        return open(address, readiness, registry, overviews, LIMITS);
    }

    static StatusPort open(
            InetSocketAddress address,
            Readiness readiness,
            PrometheusRegistry registry,
            Supplier<Overview> overviews,
            HttpLimits limits) {
        return new StatusPort(address, readiness, registry, overviews, limits);
    }

    private HttpPort listen(InetSocketAddress address, HttpLimits limits) {
        try {
            return HttpPort.open(address, Optional.empty(), this::handle, limits);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.PORT_UNUSABLE,
                    new PortHolder(HostFiles.SYSTEM).explain(address, exception)
                            + "; choose another with --metrics-port, or another address with --metrics-listen",
                    exception);
        }
    }

    /** By what the machine calls itself, others may ask for it where others may ask. */
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

    /** Answers from now on; who has connected before has waited. */
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
            call.answer(405, Map.of("Allow", "GET, HEAD"), "this port only shows; ask with GET");
        } else if (call.path().equals("/health")) {
            call.answer(200, Map.of(), "live");
        } else {
            Optional<HostCheck.Refusal> refusal = refusal(call);
            if (refusal.isPresent()) {
                call.answer(refusal.get().status(), Map.of(), refusal.get().text());
            } else {
                show(call);
            }
        }
    }

    private Optional<HostCheck.Refusal> refusal(HttpCall call) {
        return call.path().startsWith("/")
                ? hosts.refusal(call.headers("Host"))
                : Optional.of(new HostCheck.Refusal(400, "this is no proxy; ask for a path"));
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
