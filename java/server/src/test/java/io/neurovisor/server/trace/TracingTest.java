package io.neurovisor.server.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.TelemetryConfig.OtlpProtocol;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

final class TracingTest {
    private static final URI ADDRESS = URI.create("http://127.0.0.1:4317");

    private final Logger logger = (Logger) LoggerFactory.getLogger(DeliveryMonitor.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(log);
    }

    @Test
    void aNewTraceHasTheKnownId() {
        try (Recorded recorded = new Recorded(1)) {
            RequestTrace trace = RequestTrace.begun(TraceIds.next());
            Tracing tracing = recorded.tracing();
            assertThat(tracing.<String>within(
                            "agent task",
                            trace.id(),
                            () -> Span.current().getSpanContext().getTraceId()))
                    .isEqualTo(trace.id().hex());
            assertThat(recorded.span("agent task").getParentSpanContext().isValid())
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1, 0.5, 0.9, 1})
    void recordsAShareOfTheTraces(double share) {
        try (Recorded recorded = new Recorded(share)) {
            // Fewer than the queue holds, so that nothing is dropped.
            IntStream.range(0, 2000)
                    .forEach(_ -> recorded.tracing()
                            .begin(recorded.tracing().span("call"), RequestTrace.of(null, null))
                            .end());
            assertThat(recorded.spans().size()).isBetween((int) (2000 * share) - 100, (int) (2000 * share) + 100);
        }
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1,1"})
    void exportsAsConfigured(String share, int traces) throws IOException {
        List<String> paths = new CopyOnWriteArrayList<>();
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", exchange -> {
            paths.add(exchange.getRequestURI().getPath());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        receiver.start();
        Map<String, String> flags = Map.of(
                "otlp",
                "http://127.0.0.1:" + receiver.getAddress().getPort(),
                "otlp-protocol",
                "http/protobuf",
                "trace-sample",
                share);
        LoadedConfig loaded =
                LoadedConfig.load(flags, Optional.empty(), new ProcessEnvironment(Map.of(), Path.of("/home/x")));
        assertThat(loaded.problems()).isEmpty();
        try (Tracing tracing = Tracing.of(loaded.config())) {
            tracing.begin(tracing.span("call"), RequestTrace.of(null, null)).end();
            assertThat(tracing.flush()).isTrue();
            assertThat(paths).hasSize(traces).allMatch(path -> path.equals("/v1/traces"));
        } finally {
            receiver.stop(0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:4317,auto,false",
        "http://127.0.0.1:4316,auto,false",
        "http://127.0.0.1:4318,auto,true",
        "http://127.0.0.1:4319/,auto,true",
        "https://collector.example/otlp/v1/traces,auto,true",
        "http://127.0.0.1:4318,grpc,false",
        "http://127.0.0.1:4317,http/protobuf,true"
    })
    void derivesTheProtocolFromTheAddress(URI address, String protocol, boolean http) {
        assertThat(new Otlp(address, protocol(protocol)).isHttp()).isEqualTo(http);
    }

    @ParameterizedTest
    @CsvSource({
        "http://h:4318,http://h:4318/v1/traces,http://h:4318/v1/logs",
        "http://h:4318/,http://h:4318/v1/traces,http://h:4318/v1/logs",
        "https://h/otlp,https://h/otlp/v1/traces,https://h/otlp/v1/logs",
        "https://h/otlp/v1/traces,https://h/otlp/v1/traces,https://h/otlp/v1/logs"
    })
    void exportsLogsNextToTraces(URI address, String traces, String logs) {
        Otlp otlp = new Otlp(address, OtlpProtocol.HTTP_PROTOBUF);
        assertThat(otlp.url("/v1/traces")).isEqualTo(traces);
        assertThat(otlp.url("/v1/logs")).isEqualTo(logs);
    }

    @ParameterizedTest
    @EnumSource(names = {"GRPC", "HTTP_PROTOBUF"})
    void aMissingReceiverDelaysNoRequest(OtlpProtocol protocol) throws IOException {
        // Bound, so that no other program listens there, but not listening, so that connections are refused.
        try (Socket taken = new Socket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = taken.getLocalPort();
            recordMuch(new Otlp(URI.create("http://127.0.0.1:" + port), protocol));
            assertThatItIsToldOnce(port, protocol == OtlpProtocol.GRPC ? "UNAVAILABLE .*" : "no connection");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GRPC", "HTTP_PROTOBUF"})
    void aSilentReceiverDelaysNoRequest(OtlpProtocol protocol) throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            recordMuch(new Otlp(URI.create("http://127.0.0.1:" + silent.getLocalPort()), protocol));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GRPC", "HTTP_PROTOBUF"})
    void aReceiverThatRejectsDelaysNoRequest(OtlpProtocol protocol) throws IOException {
        HttpServer refusing = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        refusing.createContext("/", exchange -> {
            exchange.sendResponseHeaders(500, -1);
            exchange.close();
        });
        refusing.start();
        try {
            recordMuch(new Otlp(
                    URI.create("http://127.0.0.1:" + refusing.getAddress().getPort()), protocol));
        } finally {
            refusing.stop(0);
        }
        assertThatItIsToldOnce(
                refusing.getAddress().getPort(), protocol == OtlpProtocol.GRPC ? "INTERNAL .*" : "status 500");
    }

    private void assertThatItIsToldOnce(int port, String reason) {
        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(logged())
                        .singleElement()
                        .asString()
                        .matches("http://127\\.0\\.0\\.1:" + port
                                + " does not accept traces, which are dropped until it does: " + reason));
    }

    /** Exceeds the queue by far; waiting for the receiver would take minutes. */
    private static void recordMuch(Otlp otlp) {
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (Tracing tracing = otlp.tracing(1)) {
                for (int call = 0; call < 100_000; call++) {
                    tracing.begin(tracing.span("call"), RequestTrace.of(null, null))
                            .end();
                }
            }
        });
    }

    @Test
    void logsTheStartAndTheEndOfAFailedDelivery() {
        DeliveryMonitor delivery = new DeliveryMonitor("traces", ADDRESS);
        List.of(true, false, false, false, true, true).forEach(arrives -> delivery.watch(outcome(arrives)));
        await().untilAsserted(() -> assertThat(logged())
                .containsExactly(
                        ADDRESS + " does not accept traces, which are dropped until it does: refused",
                        ADDRESS + " accepts traces again"));
    }

    @Test
    void anAttemptWithoutAnEndHasFailed() {
        new DeliveryMonitor("logs", ADDRESS, Duration.ofMillis(50)).watch(new CompletableResultCode());
        await().untilAsserted(() -> assertThat(logged())
                .containsExactly(
                        ADDRESS + " does not accept logs, which are dropped until it does: no response within 0 s"));
    }

    private List<String> logged() {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Test
    void rejectsAnInvalidShare() {
        assertThatThrownBy(() -> new RatioSampler(1.5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RatioSampler(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }

    private static CompletableResultCode outcome(boolean arrives) {
        return arrives
                ? CompletableResultCode.ofSuccess()
                : CompletableResultCode.ofExceptionalFailure(new IOException("refused"));
    }

    private static OtlpProtocol protocol(String label) {
        return List.of(OtlpProtocol.values()).stream()
                .filter(protocol -> protocol.label().equals(label))
                .findFirst()
                .orElseThrow();
    }
}
