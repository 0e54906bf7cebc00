package io.neurovisor.server.grpc.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingStub;
import io.neurovisor.proto.sandbox.SetTimeoutRequest;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.trace.Recorded;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The steps of saving and continuing a sandbox are spans of the call that needs them. */
@SuppressWarnings("NullAway.Init") // Set before each test.
@Timeout(60)
final class SandboxSpansTest {
    private final Recorded recorded = new Recorded(1);

    @TempDir
    private Path data;

    private ServedSandboxes served;
    private SandboxServiceBlockingStub client;
    private String id;

    @BeforeEach
    void create() {
        served = new ServedSandboxes(data, recorded.tracing());
        client = served.as(new Tenant.Loopback());
        id = client.create(CreateRequest.getDefaultInstance()).getSandbox().getId();
    }

    @AfterEach
    void close() {
        served.close();
        recorded.close();
    }

    @Test
    void aPauseFreezesAndSaves() {
        assertThat(client.pause(PauseRequest.newBuilder().setSandboxId(id).build())
                        .hasSandbox())
                .isTrue();
        assertThat(steps("pause sandbox")).containsExactly("freeze", "save");
    }

    @Test
    void aResumptionLoadsAndRefreshes() {
        assertThat(client.pause(PauseRequest.newBuilder().setSandboxId(id).build())
                        .hasSandbox())
                .isTrue();
        assertThat(client.connect(ConnectRequest.newBuilder().setSandboxId(id).build())
                        .hasSandbox())
                .isTrue();
        assertThat(steps("resume sandbox")).containsExactly("load", "refresh");
    }

    @Test
    void aForkSavesOnceAndLoadsEachCopy() {
        assertThat(client.fork(ForkRequest.newBuilder()
                                .setSandboxId(id)
                                .setCount(2)
                                .build())
                        .getResultsCount())
                .isEqualTo(2);
        assertThat(steps("fork sandbox"))
                .containsExactlyInAnyOrder("freeze", "save", "refresh", "load", "refresh", "load", "refresh");
    }

    @Test
    void aPauseThatNoCallHasAskedForHasNoSpan() {
        assertThat(client.setTimeout(SetTimeoutRequest.newBuilder()
                                .setSandboxId(id)
                                .setTimeoutSecs(60)
                                .build())
                        .hasSandbox())
                .isTrue();
        served = served.restarted();
        assertThat(recorded.spans())
                .extracting(SpanData::getName)
                .contains("set_timeout sandbox")
                .doesNotContain("freeze", "save");
    }

    /** Returns the names of the children of an operation's span, in the order of their ends. */
    private List<String> steps(String operation) {
        SpanData parent = recorded.span(operation);
        return recorded.spans().stream()
                .filter(span -> span.getParentSpanId().equals(parent.getSpanId()))
                .peek(span -> assertThat(span.getStartEpochNanos()).isLessThanOrEqualTo(span.getEndEpochNanos()))
                .map(SpanData::getName)
                .toList();
    }
}
