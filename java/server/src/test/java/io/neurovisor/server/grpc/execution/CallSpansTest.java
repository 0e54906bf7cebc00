package io.neurovisor.server.grpc.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.grpc.ServedExecutions;
import io.neurovisor.server.trace.Recorded;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses real connections and fake guests. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class CallSpansTest {
    private static final String EXECUTE = "neurovisor.execution.ExecutionService/Execute";
    private static final String TRACE = "01941ab36d8c7a2bb4e19c1234567890";
    private static final String SPAN = "00f067aa0ba902b7";
    private static final Metadata.Key<String> RESPONSE =
            Metadata.Key.of("traceresponse", Metadata.ASCII_STRING_MARSHALLER);

    @TempDir
    private Path data;

    private final Recorded recorded = new Recorded(1);
    private Supplier<FakeGuest> guests = FakeGuest::new;
    private ServedExecutions served;
    private ManagedChannel channel;

    @BeforeEach
    void serve() {
        served = new ServedExecutions(
                data,
                TestPools.executions(
                        new FakeVmm(_ -> guests.get()),
                        TestFiles.bootFiles(),
                        Ticker.SYSTEM,
                        recorded.tracing().executions()),
                false,
                Optional.empty(),
                recorded.tracing());
        channel = NettyChannelBuilder.forAddress("127.0.0.1", served.listen())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        served.close();
        recorded.close();
    }

    @Test
    void oneTraceReachesFromTheCallToTheGuest() {
        AtomicReference<Metadata> headers = new AtomicReference<>(new Metadata());
        ExecuteResponse response = client("x-trace-id", "01941ab3-6d8c-7a2b-b4e1-9c1234567890")
                .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()))
                .execute(request("python"));

        assertThat(response.getTraceId()).isEqualTo("01941ab3-6d8c-7a2b-b4e1-9c1234567890");
        // A span is exported when it ends, which may be after the client has received the response.
        await().until(() -> recorded.spans().size() >= 5
                && recorded.spans().stream().anyMatch(span -> span.getName().equals(EXECUTE)));
        SpanData call = recorded.span(EXECUTE);
        assertThat(recorded.spans())
                .hasSize(5)
                .allMatch(span -> span.getTraceId().equals(TRACE));
        assertThat(call.getParentSpanContext().isValid()).as("has a parent").isFalse();
        assertThat(call.getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(call.getAttributes().get(AttributeKey.longKey("rpc.grpc.status_code")))
                .isZero();
        assertPart(recorded.span("acquire"), call);
        assertPart(recorded.span("boot"), recorded.span("acquire"));
        assertPart(recorded.span("execute"), call);
        assertPart(recorded.span("guest execute"), recorded.span("execute"));
        assertThat(recorded.span("execute").getAttributes().get(AttributeKey.stringKey("neurovisor.outcome")))
                .isEqualTo("COMPLETED");
        assertThat(headers.get().get(RESPONSE)).isEqualTo("00-" + TRACE + "-" + call.getSpanId() + "-01");
    }

    @Test
    void usesTheClientsSpanAsParent() {
        client("traceparent", "00-" + TRACE + "-" + SPAN + "-01").execute(request("python"));
        await().until(() -> !recorded.spans().isEmpty()
                && recorded.spans().stream().anyMatch(span -> span.getName().equals(EXECUTE)));
        assertThat(recorded.span(EXECUTE).getTraceId()).isEqualTo(TRACE);
        assertThat(recorded.span(EXECUTE).getParentSpanId()).isEqualTo(SPAN);

        int before = recorded.spans().size();
        ExecuteResponse unsampled =
                client("traceparent", "00-" + TRACE + "-" + SPAN + "-00").execute(request("python"));
        assertThat(unsampled.getTraceId()).isEqualTo("01941ab3-6d8c-7a2b-b4e1-9c1234567890");
        assertThat(recorded.spans()).hasSize(before);
    }

    @Test
    void recordsTheClientsNameForTheRequest() {
        client("x-trace-id", "my-trace-123").execute(request("python"));
        await().until(() ->
                recorded.spans().stream().anyMatch(span -> span.getName().equals(EXECUTE)));
        assertThat(recorded.span(EXECUTE).getAttributes().get(AttributeKey.stringKey("client_trace_id")))
                .isEqualTo("my-trace-123");
        assertThat(recorded.span(EXECUTE).getTraceId()).hasSize(32).isNotEqualTo(TRACE);
    }

    @Test
    void aKeyedExecutionBelongsToTheCallThatStartedIt() {
        client().execute(request("python").toBuilder().setIdempotencyKey("once").build());
        await().until(() ->
                recorded.spans().stream().anyMatch(span -> span.getName().equals(EXECUTE)));
        assertPart(recorded.span("execute"), recorded.span(EXECUTE));
    }

    @Test
    void recordsRejectionsAndFailedStartsAsErrors() {
        assertThatThrownBy(() -> client().execute(request("cobol"))).isInstanceOf(StatusRuntimeException.class);
        await().until(() -> !recorded.spans().isEmpty());
        assertThat(recorded.span(EXECUTE).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);

        guests = () -> new FakeGuest().silent();
        assertThatThrownBy(() -> client().execute(request("python"))).isInstanceOf(StatusRuntimeException.class);
        await().until(() -> recorded.spans().size() == 3);
        assertThat(recorded.span("acquire").getStatus().getDescription()).isEqualTo("GUEST_SILENT");
    }

    @Test
    void endsTheSpanOfADisconnectedClientsCall() {
        guests = () -> new FakeGuest().hanging();
        Context.CancellableContext context = Context.current().withCancellation();
        context.run(() -> {
            Iterator<?> chunks = client().executeStream(request("python"));
            assertThat(chunks).isNotNull();
        });
        await().until(() ->
                recorded.spans().stream().anyMatch(span -> span.getName().equals("acquire")));
        context.cancel(null);
        await().until(() -> recorded.spans().stream()
                .anyMatch(span -> span.getName().equals("neurovisor.execution.ExecutionService/ExecuteStream")));
        await().until(() ->
                recorded.spans().stream().anyMatch(span -> span.getName().equals("execute")));
        assertThat(recorded.span("execute").getStatus().getDescription()).isEqualTo("CANCELLED");
    }

    @Test
    void healthChecksAndReflectionLeaveNoSpans() {
        assertThatThrownBy(() -> HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance()))
                .isInstanceOf(StatusRuntimeException.class);
        assertThat(recorded.spans()).isEmpty();
    }

    private static void assertPart(SpanData part, SpanData whole) {
        assertThat(part.getParentSpanId()).as(part.getName()).isEqualTo(whole.getSpanId());
        assertThat(part.getEndEpochNanos()).as(part.getName()).isBetween(part.getStartEpochNanos(), Long.MAX_VALUE);
    }

    private ExecutionServiceGrpc.ExecutionServiceBlockingStub client() {
        return ExecutionServiceGrpc.newBlockingStub(channel);
    }

    private ExecutionServiceGrpc.ExecutionServiceBlockingStub client(String header, String value) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), value);
        return client().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static ExecuteRequest request(String language) {
        return ExecuteRequest.newBuilder().setLanguage(language).setCode("1").build();
    }
}
