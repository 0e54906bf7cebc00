package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.PortHolder;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.page.StatusPages;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Tells by HTTP whether the server lives ({@code /health}), whether it can run programs ({@code /ready}), what it has
 * counted ({@code /metrics}), and what it is doing ({@link StatusPages}). Clients that are slow to ask or to read are hung up on, and there
 * are never more than {@link #MOST_CONNECTIONS}.
 */
final class StatusPort implements AutoCloseable {
    static final int MOST_CONNECTIONS = 512;

    static {
        // Seconds until a client that is slow to ask is hung up on; the JDK reads both once. Whoever is asking when the
        // whole
        // machine stands still for less is not.
        System.setProperty("sun.net.httpserver.maxReqTime", "30");
        System.setProperty("jdk.httpserver.maxConnections", Integer.toString(MOST_CONNECTIONS));
    }

    private static final String PAGES = "there is " + StatusPages.PATHS + ", /health, /ready and /metrics";
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);

    private final HttpServer server;
    private final StatusPages pages;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final AnswerLimit limit;

    private StatusPort(HttpServer server, StatusPages pages, AnswerLimit limit) {
        this.server = server;
        this.pages = pages;
        this.limit = limit;
    }

    static StatusPort open(
            InetSocketAddress address, Readiness readiness, PrometheusRegistry registry, Supplier<Overview> overviews) {
        return open(address, readiness, registry, overviews, ANSWER_LIMIT);
    }

    /** @param answerLimit how long an answer may take, until it has been read */
    static StatusPort open(
            InetSocketAddress address,
            Readiness readiness,
            PrometheusRegistry registry,
            Supplier<Overview> overviews,
            Duration answerLimit) {
        requireNonNull(readiness, "readiness is null");
        try {
            StatusPort port = new StatusPort(
                    HttpServer.create(address, MOST_CONNECTIONS),
                    new StatusPages(overviews, names(address), PAGES),
                    new AnswerLimit(answerLimit));
            port.prepare(readiness, registry);
            return port;
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.PORT_UNUSABLE,
                    new PortHolder(HostFiles.SYSTEM).explain(address, exception)
                            + "; choose another with --metrics-port, or another address with --metrics-listen",
                    exception);
        }
    }

    /** Answers from now on; who has connected before has waited. */
    void serve() {
        server.start();
    }

    InetSocketAddress address() {
        return server.getAddress();
    }

    @Override
    public void close() {
        pages.close();
        server.stop(0);
        executor.shutdownNow();
        limit.close();
    }

    private void prepare(Readiness readiness, PrometheusRegistry registry) {
        server.setExecutor(executor);
        context("/", pages);
        context("/health", exchange -> only(exchange, "/health", 200, "live"));
        context("/ready", exchange -> {
            Optional<String> obstacle = readiness.obstacle();
            only(exchange, "/ready", obstacle.isEmpty() ? 200 : 503, obstacle.orElse("ready"));
        });
        MetricsHandler metrics = new MetricsHandler(registry);
        context("/metrics", exchange -> {
            if (exchange.getRequestURI().getPath().equals("/metrics")
                    && exchange.getRequestMethod().equals("GET")) {
                metrics.handle(exchange);
            } else {
                only(exchange, "/metrics", 405, "ask with GET");
            }
        });
    }

    private void context(String path, HttpHandler handler) {
        server.createContext(path, handler).getFilters().add(limit);
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

    /** A context has everything below its path too. */
    private static void only(HttpExchange exchange, String path, int status, String text) throws IOException {
        if (exchange.getRequestURI().getPath().equals(path)) {
            answer(exchange, status, text);
        } else {
            answer(exchange, 404, PAGES);
        }
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        try (exchange) {
            boolean reads = exchange.getRequestMethod().equals("GET");
            boolean asks = reads || exchange.getRequestMethod().equals("HEAD");
            byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.sendResponseHeaders(asks ? status : 405, reads ? body.length : -1);
            if (reads) {
                exchange.getResponseBody().write(body);
            }
        }
    }
}
