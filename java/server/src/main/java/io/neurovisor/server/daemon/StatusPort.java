package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.PortHolder;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Tells by HTTP whether the server lives ({@code /health}), whether it can run programs ({@code /ready}), and what it has
 * counted ({@code /metrics}).
 */
final class StatusPort implements AutoCloseable {
    static {
        // Seconds until a client that is slow to ask is hung up on; the JDK reads it once.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
    }

    private static final String PAGES = "there is /health, /ready and /metrics";

    private final HttpServer server;
    private final ExecutorService executor;

    private StatusPort(HttpServer server, ExecutorService executor) {
        this.server = server;
        this.executor = executor;
    }

    static StatusPort open(InetSocketAddress address, Readiness readiness, PrometheusRegistry registry) {
        requireNonNull(readiness, "readiness is null");
        try {
            HttpServer server = HttpServer.create(address, 0);
            ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
            server.setExecutor(executor);
            server.createContext("/", exchange -> answer(exchange, 404, PAGES));
            server.createContext("/health", exchange -> only(exchange, "/health", 200, "live"));
            server.createContext("/ready", exchange -> {
                Optional<String> obstacle = readiness.obstacle();
                only(exchange, "/ready", obstacle.isEmpty() ? 200 : 503, obstacle.orElse("ready"));
            });
            MetricsHandler metrics = new MetricsHandler(registry);
            server.createContext("/metrics", exchange -> {
                if (exchange.getRequestURI().getPath().equals("/metrics")
                        && exchange.getRequestMethod().equals("GET")) {
                    metrics.handle(exchange);
                } else {
                    only(exchange, "/metrics", 405, "ask with GET");
                }
            });
            server.start();
            return new StatusPort(server, executor);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.PORT_UNUSABLE,
                    new PortHolder(HostFiles.SYSTEM).explain(address, exception)
                            + "; choose another with --metrics-port, or another address with --metrics-listen",
                    exception);
        }
    }

    InetSocketAddress address() {
        return server.getAddress();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
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
