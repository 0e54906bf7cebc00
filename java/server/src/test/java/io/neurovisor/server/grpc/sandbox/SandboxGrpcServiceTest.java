package io.neurovisor.server.grpc.sandbox;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.EndReason;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.KillRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.ListResponse;
import io.neurovisor.proto.sandbox.MetricsPoint;
import io.neurovisor.proto.sandbox.MetricsRequest;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxEventKind;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingStub;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.SetTimeoutRequest;
import io.neurovisor.proto.sandbox.WatchRequest;
import io.neurovisor.proto.sandbox.WatchResponse;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.metrics.Scrape;
import io.neurovisor.server.setting.DataSize;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.trace.Recorded;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // Set before each test.
final class SandboxGrpcServiceTest {
    @TempDir
    private Path data;

    private ServedSandboxes served;
    private SandboxServiceBlockingStub client;

    @BeforeEach
    void open() {
        served = new ServedSandboxes(data);
        client = served.as(new Tenant.Loopback());
    }

    @AfterEach
    void close() {
        served.close();
    }

    @Test
    void createsASandboxWithDefaults() {
        Sandbox sandbox = create(CreateRequest.getDefaultInstance());
        assertThat(sandbox.getId()).matches("[a-z0-9]{20}");
        assertThat(sandbox.getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        assertThat(sandbox.getTemplate()).isEqualTo("base");
        assertThat(sandbox.getSize()).isEqualTo("small");
        assertThat(sandbox.getVcpuCount()).isEqualTo(1);
        assertThat(sandbox.getMemoryBytes()).isEqualTo(256 << 20);
        assertThat(sandbox.getDiskBytes()).isPositive();
        assertThat(sandbox.getVmId()).startsWith("vm-");
        assertThat(sandbox.getGeneration()).isEqualTo(1);
        assertThat(sandbox.getLayersCount()).isPositive();
        assertThat(sandbox.getEnds().getSeconds() - sandbox.getCreated().getSeconds())
                .isBetween(299L, 330L);
        assertThat(get(sandbox.getId())).isEqualTo(sandbox);
        assertThat(served.machines()).isEqualTo(1);
    }

    @Test
    void aRequestGetsTheConfiguredTimeoutAndSize() {
        LoadedConfig loaded = LoadedConfig.load(
                Map.of("sandbox-timeout", "11m", "size", "large", "acquire-timeout", "2m"),
                Optional.empty(),
                new ProcessEnvironment(Map.of(), data));
        SandboxCreator.Defaults defaults = SandboxCreator.Defaults.of(loaded.config());
        assertThat(defaults.createLimit()).hasSeconds(150);
        SandboxSpec spec =
                SandboxRequests.spec(CreateRequest.getDefaultInstance(), defaults.kind(), defaults.timeout());
        assertThat(spec.timeout()).hasMinutes(11);
        assertThat(spec.kind()).isEqualTo(new MachineKind("base", SandboxSize.LARGE));
    }

    @Test
    void killsASandboxOnce() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        assertThat(kill(client, id)).isTrue();
        assertThat(served.machines()).isZero();
        assertThat(kill(client, id)).isFalse();
        assertThat(kill(client, "b".repeat(20))).isFalse();
        assertThat(kill(client, "no id\u0000")).isFalse();
        StatusRuntimeException ended = refused(() -> get(id));
        assertThat(ended.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(TestServer.reason(ended)).isEqualTo("SANDBOX_UNKNOWN");
        assertThat(ended.getStatus().getDescription())
                .matches("sandbox " + id + " was killed at \\S+Z; create a new one");
    }

    @Test
    void aSandboxOfAnotherTenantIsUnknown() {
        SandboxServiceBlockingStub other = served.as(served.key("other", SandboxQuota.UNLIMITED));
        String id = create(CreateRequest.getDefaultInstance()).getId();
        String unknown = "b".repeat(20);
        for (String each : List.of(id, unknown)) {
            for (Runnable call : List.<Runnable>of(
                    () -> other.get(GetRequest.newBuilder().setSandboxId(each).build()),
                    () -> other.connect(
                            ConnectRequest.newBuilder().setSandboxId(each).build()),
                    () -> other.setTimeout(
                            SetTimeoutRequest.newBuilder().setSandboxId(each).build()))) {
                StatusRuntimeException refusal = refused(call);
                assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
                assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_UNKNOWN");
                assertThat(refusal.getStatus().getDescription())
                        .isEqualTo(
                                "no sandbox has the id " + each + "; ./neurovisor sandbox list shows those that run");
            }
            assertThat(kill(other, each)).isFalse();
        }
        assertThat(other.list(ListRequest.getDefaultInstance()).getTotalRunning())
                .isZero();
        assertThat(get(id).getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        assertThat(kill(client, id)).isTrue();
        assertThat(refused(() -> other.get(
                                GetRequest.newBuilder().setSandboxId(id).build()))
                        .getStatus()
                        .getDescription())
                .startsWith("no sandbox has the id");
    }

    @Test
    void theIdempotencyKeyCreatesOneSandbox() {
        CreateRequest request =
                CreateRequest.newBuilder().setIdempotencyKey("first").build();
        String id = create(request).getId();
        assertThat(create(request).getId()).isEqualTo(id);
        SandboxServiceBlockingStub other = served.as(served.key("other", SandboxQuota.UNLIMITED));
        assertThat(other.create(request).getSandbox().getId()).isNotEqualTo(id);
        assertThat(served.machines()).isEqualTo(2);
    }

    @Test
    void listsByPagesAndFilters() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.addFirst(create(CreateRequest.newBuilder()
                            .putMetadata("odd", Boolean.toString(i % 2 == 1))
                            .putMetadata("number", Integer.toString(i))
                            .build())
                    .getId());
        }
        assertThat(pages(ListRequest.newBuilder().setPageSize(2).build())).isEqualTo(ids);
        assertThat(pages(ListRequest.newBuilder()
                        .setPageSize(3)
                        .setOldestFirst(true)
                        .build()))
                .isEqualTo(ids.reversed());
        assertThat(pages(ListRequest.newBuilder().putMetadata("odd", "true").build()))
                .containsExactly(ids.get(1), ids.get(3));
        assertThat(pages(ListRequest.newBuilder()
                        .putMetadata("odd", "true")
                        .putMetadata("number", "1")
                        .build()))
                .containsExactly(ids.get(3));
        assertThat(pages(ListRequest.newBuilder().setTemplate("full").build())).isEmpty();
        assertThat(pages(ListRequest.newBuilder()
                        .setStartedAfter(get(ids.get(2)).getCreated())
                        .build()))
                .containsExactly(ids.get(0), ids.get(1));
        ListResponse first = client.list(ListRequest.newBuilder().setPageSize(2).build());
        assertThat(first.getTotalRunning()).isEqualTo(5);
        assertThat(kill(client, ids.get(1))).isTrue();
        assertThat(client.list(ListRequest.newBuilder()
                                .setPageSize(100)
                                .setPageToken(first.getNextPageToken())
                                .build())
                        .getSandboxesList())
                .extracting(Sandbox::getId)
                .isEqualTo(ids.subList(2, 5));
        assertThat(client.list(ListRequest.newBuilder()
                                .addStates(SandboxState.SANDBOX_STATE_ENDED)
                                .build())
                        .getSandboxesList())
                .singleElement()
                .satisfies(ended -> {
                    assertThat(ended.getId()).isEqualTo(ids.get(1));
                    assertThat(ended.getEndReason()).isEqualTo(EndReason.END_REASON_KILLED);
                });
    }

    @Test
    void aTimeoutIsExtendedAndSet() {
        String id =
                create(CreateRequest.newBuilder().setTimeoutSecs(60).build()).getId();
        assertThat(rest(client.connect(ConnectRequest.newBuilder()
                                .setSandboxId(id)
                                .setTimeoutSecs(10)
                                .build())
                        .getSandbox()))
                .isBetween(55L, 61L);
        assertThat(rest(client.connect(ConnectRequest.newBuilder()
                                .setSandboxId(id)
                                .setTimeoutSecs(3600)
                                .build())
                        .getSandbox()))
                .isBetween(3595L, 3601L);
        assertThat(rest(client.setTimeout(SetTimeoutRequest.newBuilder()
                                .setSandboxId(id)
                                .setTimeoutSecs(30)
                                .build())
                        .getSandbox()))
                .isBetween(25L, 31L);
        Sandbox ended = client.setTimeout(
                        SetTimeoutRequest.newBuilder().setSandboxId(id).build())
                .getSandbox();
        assertThat(ended.getEndReason()).isEqualTo(EndReason.END_REASON_TIMED_OUT);
        assertThat(served.machines()).isZero();
    }

    @Test
    void aKeyHasNoMoreSandboxesThanItsLimit() {
        Tenant holder = served.key("ci", new SandboxQuota(Optional.of(2), Optional.empty()));
        SandboxServiceBlockingStub ci = served.as(holder);
        String first =
                ci.create(CreateRequest.getDefaultInstance()).getSandbox().getId();
        String second =
                ci.create(CreateRequest.getDefaultInstance()).getSandbox().getId();
        refusedByQuota(ci, "the limit of key:ci for sandboxes is reached (2)");

        SandboxServiceBlockingStub lowered =
                served.as(served.lowered(holder, new SandboxQuota(Optional.of(1), Optional.empty())));
        assertThat(kill(lowered, first)).isTrue();
        refusedByQuota(lowered, "the limit of key:ci for sandboxes is reached (1)");
        assertThat(kill(lowered, second)).isTrue();
        assertThat(lowered.create(CreateRequest.getDefaultInstance())
                        .getSandbox()
                        .getId())
                .isNotEmpty();
    }

    @Test
    void aKeyHasNoMoreMemoryThanItsLimit() {
        SandboxServiceBlockingStub ci =
                served.as(served.key("ci", new SandboxQuota(Optional.empty(), DataSize.parse("300M"))));
        assertThat(ci.create(CreateRequest.getDefaultInstance()).getSandbox().getId())
                .isNotEmpty();
        refusedByQuota(ci, "the sandboxes of key:ci have 256 MiB of memory");
    }

    @Test
    void theDaemonHasNoMoreSandboxesThanItsLimit() {
        IntStream.range(0, ServedSandboxes.MOST)
                .forEach(_ -> assertThat(
                                create(CreateRequest.getDefaultInstance()).getId())
                        .isNotEmpty());
        refusedByQuota(client, "the limit of this daemon for sandboxes is reached (5)");
    }

    @Test
    void aWatchReportsEachChange() {
        Queue<WatchResponse> seen = new ConcurrentLinkedQueue<>();
        CompletableFuture<StatusRuntimeException> end = CompletableFuture.supplyAsync(() ->
                refused(() -> client.watch(WatchRequest.getDefaultInstance()).forEachRemaining(seen::add)));
        // Only an event shows that the watch has begun.
        await().until(() ->
                kill(client, create(CreateRequest.getDefaultInstance()).getId()) && !seen.isEmpty());
        SandboxServiceBlockingStub other = served.as(served.key("other", SandboxQuota.UNLIMITED));
        String others =
                other.create(CreateRequest.getDefaultInstance()).getSandbox().getId();
        String id = create(CreateRequest.getDefaultInstance()).getId();
        assertThat(rest(client.setTimeout(SetTimeoutRequest.newBuilder()
                                .setSandboxId(id)
                                .setTimeoutSecs(60)
                                .build())
                        .getSandbox()))
                .isPositive();
        served.end();
        StatusRuntimeException status = end.join();
        assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(TestServer.reason(status)).isEqualTo("STOPPING");
        assertThat(seen).extracting(WatchResponse::getSandboxId).doesNotContain(others);
        assertThat(seen.stream().filter(event -> event.getSandboxId().equals(id)))
                .extracting(WatchResponse::getKind, WatchResponse::getEndReason)
                .containsExactly(
                        tuple(SandboxEventKind.SANDBOX_EVENT_KIND_CREATED, EndReason.END_REASON_UNSPECIFIED),
                        tuple(SandboxEventKind.SANDBOX_EVENT_KIND_TIMEOUT_SET, EndReason.END_REASON_UNSPECIFIED),
                        tuple(SandboxEventKind.SANDBOX_EVENT_KIND_ENDED, EndReason.END_REASON_SHUTDOWN));
    }

    @Test
    void measuresRunningSandboxes() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        assertThat(points(id)).isEmpty();
        served.measure();
        served.guests().getFirst().using(new GuestUsage(1_000_000, 1, 2, 3, 4, 5, 6));
        served.measure();
        assertThat(points(id)).hasSize(2);
        MetricsPoint last = points(id).getLast();
        assertThat(last.getCpuUsedPercent()).isEqualTo(100);
        assertThat(last.getVcpuCount()).isEqualTo(1);
        assertThat(last.getMemoryUsedBytes()).isEqualTo(1);
        assertThat(last.getMemoryTotalBytes()).isEqualTo(2);
        assertThat(last.getMemoryCacheBytes()).isEqualTo(3);
        assertThat(last.getDiskUsedBytes()).isEqualTo(4);
        assertThat(last.getDiskTotalBytes()).isEqualTo(5);
        assertThat(last.getProcesses()).isEqualTo(6);
        assertThat(client.metrics(MetricsRequest.newBuilder()
                                .setSandboxId(id)
                                .setFrom(last.getTime())
                                .setTo(last.getTime())
                                .build())
                        .getPointsList())
                .contains(last);
        served.guests().getFirst().using(new GuestUsage(0, 1, 2, 3, 4, 5, 6));
        IntStream.range(0, 800).forEach(_ -> served.measure());
        assertThat(points(id))
                .hasSize(720)
                .last()
                .satisfies(point -> assertThat(point.getCpuUsedPercent()).isZero());
        assertThat(Scrape.of(served.registry()))
                .contains("neurovisor_sandbox_processes 6.0", "neurovisor_sandboxes{state=\"running\"} 1.0");
        assertThat(kill(client, id)).isTrue();
        served.measure();
        assertThat(refused(() -> points(id)).getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(Scrape.of(served.registry()))
                .contains(
                        "neurovisor_sandbox_processes 0.0",
                        "neurovisor_sandboxes{state=\"running\"} 0.0",
                        "neurovisor_sandbox_ended_total{reason=\"killed\"} 1.0",
                        "neurovisor_sandbox_operation_seconds_count{operation=\"create\"} 1",
                        "neurovisor_sandbox_operation_seconds_count{operation=\"kill\"} 1");
    }

    @Test
    void spansNameTheSandbox() {
        try (Recorded recorded = new Recorded(1);
                ServedSandboxes traced = new ServedSandboxes(data.resolve("traced"), recorded.tracing())) {
            SandboxServiceBlockingStub stub = traced.as(new Tenant.Loopback());
            Sandbox sandbox = stub.create(CreateRequest.getDefaultInstance()).getSandbox();
            assertThat(kill(stub, sandbox.getId())).isTrue();
            for (String operation : List.of("Create", "Kill")) {
                SpanData span = recorded.span(operation.toLowerCase(Locale.ROOT) + " sandbox");
                SpanData call = recorded.span("neurovisor.sandbox.v1.SandboxService/" + operation);
                assertThat(span.getParentSpanId()).isEqualTo(call.getSpanId());
                assertThat(span.getAttributes().get(AttributeKey.stringKey("neurovisor.sandbox.id")))
                        .isEqualTo(sandbox.getId());
            }
        }
    }

    @Test
    void aReadingThatFailsSkipsAPoint() {
        String first = create(CreateRequest.getDefaultInstance()).getId();
        String second = create(CreateRequest.getDefaultInstance()).getId();
        served.guests().getFirst().silent();
        served.measure();
        assertThat(points(second)).hasSize(1);
        await().until(() -> served.machines() == 1);
        assertThat(refused(() -> get(first)).getStatus().getDescription()).contains("died");
    }

    private List<MetricsPoint> points(String id) {
        return client.metrics(MetricsRequest.newBuilder().setSandboxId(id).build())
                .getPointsList();
    }

    @Test
    void nothingIsCreatedWhileTheDaemonEnds() {
        served.end();
        StatusRuntimeException refusal = refused(() -> create(CreateRequest.getDefaultInstance()));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(TestServer.reason(refusal)).isEqualTo("STOPPING");
    }

    @Test
    void theAuditLogHasALineBeforeEachChange() throws IOException {
        String id = create(CreateRequest.newBuilder()
                        .putEnv("TOKEN", "hunter2")
                        .putMetadata("label", "hunter2")
                        .build())
                .getId();
        assertThat(kill(client, id)).isTrue();
        assertThat(kill(client, "b".repeat(20))).isFalse();
        served.close();
        String log = Files.readString(data.resolve("audit/audit.jsonl"));
        assertThat(log.lines().map(line -> line.replaceAll("\"(time|trace_id|vm_id)\":\"[^\"]*\",?", "")))
                .containsExactly(
                        "{\"event\":\"sandbox_create\",\"tenant\":\"loopback\","
                                + "\"method\":\"neurovisor.sandbox.v1.SandboxService/Create\","
                                + "\"size\":\"small\",\"template\":\"base\",\"timeout_ms\":\"300000\"}",
                        "{\"event\":\"sandbox_created\",\"tenant\":\"loopback\","
                                + "\"method\":\"neurovisor.sandbox.v1.SandboxService/Create\",\"sandbox_id\":\"" + id
                                + "\",}",
                        "{\"event\":\"sandbox_kill\",\"tenant\":\"loopback\","
                                + "\"method\":\"neurovisor.sandbox.v1.SandboxService/Kill\",\"sandbox_id\":\"" + id
                                + "\"}",
                        "{\"event\":\"sandbox_ended\",\"tenant\":\"loopback\",\"sandbox_id\":\"" + id
                                + "\",\"reason\":\"KILLED\"}");
        try (Stream<Path> files = Files.walk(data.resolve("sandboxes"))) {
            assertThat(files.filter(Files::isRegularFile))
                    .noneMatch(file -> content(file).contains("TOKEN"));
        }
        open();
    }

    private static String content(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private Sandbox create(CreateRequest request) {
        return client.create(request).getSandbox();
    }

    private Sandbox get(String id) {
        return client.get(GetRequest.newBuilder().setSandboxId(id).build()).getSandbox();
    }

    private static boolean kill(SandboxServiceBlockingStub client, String id) {
        return client.kill(KillRequest.newBuilder().setSandboxId(id).build()).getKilled();
    }

    private static long rest(Sandbox sandbox) {
        return sandbox.getEnds().getSeconds() - sandbox.getCreated().getSeconds();
    }

    private List<String> pages(ListRequest request) {
        List<String> ids = new ArrayList<>();
        String token = "";
        do {
            ListResponse page =
                    client.list(request.toBuilder().setPageToken(token).build());
            page.getSandboxesList().forEach(sandbox -> ids.add(sandbox.getId()));
            token = page.getNextPageToken();
        } while (!token.isEmpty());
        return ids;
    }

    private static void refusedByQuota(SandboxServiceBlockingStub client, String message) {
        StatusRuntimeException refusal = refused(() -> client.create(CreateRequest.getDefaultInstance()));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_QUOTA");
        assertThat(TestServer.hasRetryDelay(refusal)).isTrue();
        assertThat(refusal.getStatus().getDescription()).startsWith(message);
    }

    private static StatusRuntimeException refused(Runnable call) {
        return requireNonNull(catchThrowableOfType(StatusRuntimeException.class, call::run), "the call succeeded");
    }
}
