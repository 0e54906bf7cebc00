package io.neurovisor.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.Listeners;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init") // Before each test.
final class RunMetricsTest {
    private static final TraceId TRACE = new TraceId(UUID.fromString("01941ab3-6d8c-7a2b-b4e1-9c1234567890"));

    private final List<String> pushed = new ArrayList<>();
    private final List<String> printed = new ArrayList<>();
    private int status = 200;
    private HttpServer gateway;

    @BeforeEach
    void serve() throws IOException {
        gateway = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        gateway.createContext("/", exchange -> {
            try (exchange) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
                pushed.add(exchange.getRequestMethod() + " "
                        + exchange.getRequestURI().getPath() + " " + body);
                exchange.sendResponseHeaders(status, -1);
            }
        });
        gateway.start();
    }

    @AfterEach
    void stop() {
        gateway.stop(0);
    }

    @Test
    void replacesTheMetricsOfTheLastCommand() {
        assertThat(metrics("").counting(TRACE, () -> 7)).isEqualTo(7);
        assertThat(pushed).singleElement().asString().startsWith("PUT /metrics/job/neurovisor_run/instance/");
        assertThat(pushed).singleElement().asString().contains("neurovisor_vms_created_total");
        assertThat(printed).isEmpty();
    }

    @Test
    void pushesTheReasonOfAFailure() {
        assertThatThrownBy(() -> metrics("/behind/a/proxy/").counting(TRACE, () -> {
                    throw new NeuroVisorException(Fault.POOL_EXHAUSTED, "no machine");
                }))
                .hasMessage("no machine");
        assertThat(pushed)
                .singleElement()
                .asString()
                .startsWith("PUT /behind/a/proxy/metrics/job/neurovisor_run/")
                .contains("neurovisor_errors_total", "pool_exhausted");
    }

    @Test
    void reportsAFailedPush() {
        status = 500;
        assertThat(metrics("").counting(TRACE, () -> 0)).isZero();
        gateway.stop(0);
        assertThat(metrics("").counting(TRACE, () -> 3)).isEqualTo(3);
        assertThat(printed)
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith("metrics were not pushed to " + address("") + ": "));
    }

    @Test
    void countsNothingWithoutAGateway() {
        RunMetrics none = new RunMetrics(Optional.empty(), "neurovisor_run", printed::add);
        assertThat(none.listeners()).isEqualTo(Listeners.NONE);
        assertThat(none.counting(TRACE, () -> 1)).isEqualTo(1);
        assertThat(pushed).isEmpty();
    }

    private RunMetrics metrics(String path) {
        return new RunMetrics(Optional.of(address(path)), "neurovisor_run", printed::add);
    }

    private URI address(String path) {
        return URI.create("http://127.0.0.1:" + gateway.getAddress().getPort() + path);
    }
}
