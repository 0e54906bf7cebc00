package io.neurovisor.server.grpc.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.server.grpc.ServedExecutions;
import io.neurovisor.server.metrics.Scrape;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses real connections and fake guests. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class CallMetricsTest {
    private static final String EXECUTE = "neurovisor.execution.ExecutionService/Execute";

    @TempDir
    private Path data;

    private Supplier<FakeGuest> guests = FakeGuest::new;
    private final Executions executions =
            TestPools.executions(new FakeVmm(_ -> guests.get()), TestFiles.bootFiles(), Ticker.SYSTEM);
    private ServedExecutions served;
    private ManagedChannel channel;
    private ExecutionServiceGrpc.ExecutionServiceBlockingStub client;

    @BeforeEach
    void serve() {
        served = new ServedExecutions(data, executions, false, Optional.of(new RateLimit(3, 1)));
        channel = NettyChannelBuilder.forAddress("127.0.0.1", served.listen())
                .usePlaintext()
                .build();
        client = ExecutionServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        served.close();
    }

    @Test
    void measuresACallWithItsTrace() {
        ExecuteResponse response = client.execute(request("python"));
        awaitLine("neurovisor_grpc_request_duration_seconds_count{method=\"" + EXECUTE + "\"} 1");
        awaitLine("neurovisor_requests_in_flight 0.0");
        awaitLine("neurovisor_request_size_bytes_sum 11.0");
        assertThat(Scrape.of(served.registry()))
                .anyMatch(line -> line.startsWith("neurovisor_grpc_request_duration_seconds_bucket")
                        && line.contains(response.getTraceId().replace("-", "")));
    }

    @Test
    void countsAFailureByItsReason() {
        assertThatThrownBy(() -> client.execute(request("cobol"))).isInstanceOf(StatusRuntimeException.class);
        awaitLine("neurovisor_errors_total{error_type=\"unknown_language\"} 1.0");
    }

    @Test
    void countsRateLimitedCalls() {
        assertThatThrownBy(() -> {
                    for (int call = 0; call < 1000; call++) {
                        client.execute(request("python"));
                    }
                })
                .isInstanceOf(StatusRuntimeException.class);
        awaitLine("neurovisor_rate_limited_total{scope=\"loopback\"} 1.0");
        awaitLine("neurovisor_errors_total{error_type=\"rate_limited\"} 1.0");
    }

    @Test
    void aCallIsInFlightUntilTheClientDisconnects() {
        guests = () -> new FakeGuest().hanging();
        try (Context.CancellableContext context = Context.current().withCancellation()) {
            Iterator<?> chunks =
                    context.wrap(() -> client.executeStream(request("python"))).call();
            awaitLine("neurovisor_requests_in_flight 1.0");
            assertThat(chunks).isNotNull();
            context.cancel(null);
            awaitLine("neurovisor_requests_in_flight 0.0");
            awaitLine("neurovisor_errors_total{error_type=\"grpc_cancelled\"} 1.0");
        } catch (Exception exception) {
            throw new AssertionError(exception);
        }
    }

    @Test
    void doesNotCountHealthChecksAndReflection() {
        assertThatThrownBy(() -> HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance()))
                .isInstanceOf(StatusRuntimeException.class);
        assertThat(Scrape.of(served.registry())).noneMatch(line -> line.contains("grpc.health"));
    }

    /** The end of a call is counted shortly after its client has received it. */
    private void awaitLine(String start) {
        await().untilAsserted(() -> assertThat(Scrape.of(served.registry())).anyMatch(line -> line.startsWith(start)));
    }

    private static ExecuteRequest request(String language) {
        return ExecuteRequest.newBuilder().setLanguage(language).setCode("1").build();
    }
}
