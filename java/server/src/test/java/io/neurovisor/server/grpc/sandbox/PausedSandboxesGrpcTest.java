package io.neurovisor.server.grpc.sandbox;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.KillRequest;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.OnTimeout;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxEventKind;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingStub;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.SetTimeoutRequest;
import io.neurovisor.proto.sandbox.WatchRequest;
import io.neurovisor.proto.sandbox.WatchResponse;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.metrics.Scrape;
import io.neurovisor.server.setting.DataSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pauses and resumes sandboxes through the services, with fake machines. */
@SuppressWarnings("NullAway.Init") // Set before each test.
@Timeout(60)
final class PausedSandboxesGrpcTest {
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
    void aPausedSandboxHasNoMachine() {
        Sandbox sandbox = create(CreateRequest.getDefaultInstance());
        Sandbox paused = pause(sandbox.getId());
        assertThat(paused.getState()).isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
        assertThat(paused.getGeneration()).isEqualTo(1);
        assertThat(paused.getVmId()).isEqualTo(sandbox.getVmId());
        assertThat(pause(sandbox.getId())).isEqualTo(paused);
        assertThat(get(sandbox.getId())).isEqualTo(paused);
        assertThat(served.machines()).isZero();
        assertThat(client.list(ListRequest.newBuilder()
                                .addStates(SandboxState.SANDBOX_STATE_PAUSED)
                                .build())
                        .getSandboxesList())
                .containsExactly(paused);
        assertThat(Scrape.of(served.registry()))
                .contains(
                        "neurovisor_sandboxes{state=\"paused\"} 1.0",
                        "neurovisor_sandbox_operation_seconds_count{operation=\"pause\"} 2");
    }

    @Test
    void connectResumes() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        Sandbox paused = pause(id);
        Sandbox resumed = connect(id);
        assertThat(resumed.getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        assertThat(resumed.getGeneration()).isEqualTo(2);
        assertThat(resumed.getVmId()).isNotEqualTo(paused.getVmId());
        assertThat(resumed.getEnds()).isEqualTo(paused.getEnds());
        assertThat(served.machines()).isEqualTo(1);
        assertThat(Scrape.of(served.registry()))
                .contains(
                        "neurovisor_sandboxes{state=\"running\"} 1.0",
                        "neurovisor_sandbox_operation_seconds_count{operation=\"resume\"} 1",
                        "neurovisor_sandbox_operation_seconds_count{operation=\"connect\"} 0");
    }

    @Test
    void aCallNeedsASandboxThatRuns() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        pause(id);
        StatusRuntimeException refusal = refused(() -> processes(id));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_PAUSED");
        assertThat(refusal.getStatus().getDescription()).contains("./neurovisor sandbox resume");
        assertThat(served.machines()).isZero();
    }

    @Test
    void aCallResumesASandboxWithAutoResume() {
        Sandbox created = create(CreateRequest.newBuilder().setAutoResume(true).build());
        assertThat(created.getAutoResume()).isTrue();
        pause(created.getId());
        assertThat(processes(created.getId())).isZero();
        assertThat(get(created.getId()).getGeneration()).isEqualTo(2);
    }

    @Test
    void aTimeoutPausesIfThatIsWanted() {
        Sandbox created = create(CreateRequest.newBuilder()
                .setOnTimeout(OnTimeout.ON_TIMEOUT_PAUSE)
                .build());
        assertThat(created.getOnTimeout()).isEqualTo(OnTimeout.ON_TIMEOUT_PAUSE);
        Sandbox over = client.setTimeout(SetTimeoutRequest.newBuilder()
                        .setSandboxId(created.getId())
                        .build())
                .getSandbox();
        assertThat(over.getState()).isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
    }

    @Test
    void theLimitOfPausedSandboxesHolds() {
        for (int i = 0; i < ServedSandboxes.MOST_PAUSED; i++) {
            pause(create(CreateRequest.getDefaultInstance()).getId());
        }
        String id = create(CreateRequest.getDefaultInstance()).getId();
        StatusRuntimeException refusal = refused(() -> pause(id));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_QUOTA");
        assertThat(get(id).getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
    }

    @Test
    void aDamagedCheckpointIsDataLoss() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        pause(id);
        served.checkpoints().damage(new SandboxId(id));
        StatusRuntimeException refusal = refused(() -> connect(id));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.DATA_LOSS);
        assertThat(TestServer.reason(refusal)).isEqualTo("CHECKPOINT_DAMAGED");
        await().until(() -> served.checkpoints().names().isEmpty());
        StatusRuntimeException lost = refused(() -> get(id));
        assertThat(lost.getStatus().getDescription()).contains("was lost");
    }

    @Test
    void killingAPausedSandboxRemovesItsFiles() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        pause(id);
        assertThat(served.checkpoints().names()).hasSize(1);
        assertThat(client.kill(KillRequest.newBuilder().setSandboxId(id).build())
                        .getKilled())
                .isTrue();
        assertThat(served.checkpoints().names()).isEmpty();
    }

    @Test
    void aSandboxOfAnotherTenantIsUnknown() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        SandboxServiceBlockingStub other = served.as(served.key("other", SandboxQuota.UNLIMITED));
        for (String each : new String[] {id, "b".repeat(20), "no id\u0000"}) {
            StatusRuntimeException refusal = refused(() ->
                    other.pause(PauseRequest.newBuilder().setSandboxId(each).build()));
            assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_UNKNOWN");
        }
        pause(id);
        assertThat(TestServer.reason(refused(() -> other.connect(
                        ConnectRequest.newBuilder().setSandboxId(id).build()))))
                .isEqualTo("SANDBOX_UNKNOWN");
    }

    @Test
    void theLimitsOfAKeyHold() {
        client = served.as(served.key(
                "ci", new SandboxQuota(Optional.empty(), Optional.empty(), Optional.of(1), DataSize.parse("4G"))));
        String first = create(CreateRequest.getDefaultInstance()).getId();
        String second = create(CreateRequest.getDefaultInstance()).getId();
        pause(first);
        StatusRuntimeException refusal = refused(() -> pause(second));
        assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_QUOTA");
        assertThat(refusal.getStatus().getDescription()).contains("paused sandboxes is reached");
        assertThat(get(second).getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        client.kill(KillRequest.newBuilder().setSandboxId(first).build());
        assertThat(pause(second).getState()).isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
    }

    @Test
    void sandboxesSurviveARestart() {
        Sandbox running = create(CreateRequest.newBuilder()
                .setName("mine")
                .putMetadata("a", "b")
                .setOnTimeout(OnTimeout.ON_TIMEOUT_PAUSE)
                .build());
        String paused = create(CreateRequest.getDefaultInstance()).getId();
        pause(paused);
        served = served.restarted();
        client = served.as(new Tenant.Loopback());
        Sandbox found = get(running.getId());
        assertThat(found.getState()).isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
        assertThat(found.getName()).isEqualTo("mine");
        assertThat(found.getMetadataMap()).containsEntry("a", "b");
        assertThat(found.getOnTimeout()).isEqualTo(OnTimeout.ON_TIMEOUT_PAUSE);
        assertThat(processes(running.getId())).as("resumed by the first call").isZero();
        assertThat(get(running.getId()).getGeneration()).isEqualTo(2);
        assertThat(TestServer.reason(refused(() -> processes(paused)))).isEqualTo("SANDBOX_PAUSED");
        assertThat(connect(paused).getGeneration()).isEqualTo(2);
    }

    @Test
    void aLostSandboxGoesBackIfItsClientAcceptsThat() throws IOException {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        pause(id);
        connect(id);
        served = served.lost();
        client = served.as(new Tenant.Loopback());

        StatusRuntimeException refusal = refused(() -> connect(id));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(refusal.getStatus().getDescription()).contains("it was saved at ", "--accept-older " + id);
        assertThat(client.list(ListRequest.newBuilder()
                                .addStates(SandboxState.SANDBOX_STATE_ENDED)
                                .build())
                        .getSandboxesList())
                .singleElement()
                .matches(Sandbox::hasOlderCheckpoint);
        Sandbox back = client.connect(ConnectRequest.newBuilder()
                        .setSandboxId(id)
                        .setTimeoutSecs(3600)
                        .setAcceptOlder(true)
                        .build())
                .getSandbox();
        assertThat(back.getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        assertThat(back.getGeneration()).isEqualTo(2);
        assertThat(back.hasOlderCheckpoint()).isFalse();
        assertThat(Files.readString(data.resolve("audit/audit.jsonl"))).contains("\"event\":\"sandbox_go_back\"");
        served = served.restarted();
        client = served.as(new Tenant.Loopback());
        assertThat(get(id).getState()).as("in the records").isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
    }

    @Test
    void watchesReportPausesAndCopies() {
        Queue<WatchResponse> seen = new ConcurrentLinkedQueue<>();
        CompletableFuture<StatusRuntimeException> end = CompletableFuture.supplyAsync(() ->
                refused(() -> client.watch(WatchRequest.getDefaultInstance()).forEachRemaining(seen::add)));
        await().until(() -> {
            String id = create(CreateRequest.getDefaultInstance()).getId();
            boolean killed = client.kill(
                            KillRequest.newBuilder().setSandboxId(id).build())
                    .getKilled();
            return killed && !seen.isEmpty();
        });
        String id = create(CreateRequest.getDefaultInstance()).getId();
        pause(id);
        connect(id);
        String copy = client.fork(
                        ForkRequest.newBuilder().setSandboxId(id).setCount(1).build())
                .getResults(0)
                .getSandbox()
                .getId();
        await().untilAsserted(() -> assertThat(seen)
                .last()
                .extracting(WatchResponse::getKind)
                .isEqualTo(SandboxEventKind.SANDBOX_EVENT_KIND_FORKED));
        assertThat(seen)
                .filteredOn(event -> event.getSandboxId().equals(copy))
                .extracting(WatchResponse::getKind)
                .containsExactly(SandboxEventKind.SANDBOX_EVENT_KIND_CREATED);
        served.end();
        assertThat(TestServer.reason(end.join())).isEqualTo("STOPPING");
        assertThat(seen.stream().filter(event -> event.getSandboxId().equals(id)))
                .extracting(WatchResponse::getKind)
                .containsExactly(
                        SandboxEventKind.SANDBOX_EVENT_KIND_CREATED,
                        SandboxEventKind.SANDBOX_EVENT_KIND_PAUSED,
                        SandboxEventKind.SANDBOX_EVENT_KIND_RESUMED,
                        SandboxEventKind.SANDBOX_EVENT_KIND_FORKED,
                        SandboxEventKind.SANDBOX_EVENT_KIND_ENDED);
    }

    @Test
    void theAuditLogHasALineBeforeAndAfterEachChange() throws IOException {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        pause(id);
        connect(id);
        served.close();
        assertThat(Files.readString(data.resolve("audit/audit.jsonl"))
                        .lines()
                        .map(line -> line.replaceAll(".*\"event\":\"([^\"]*)\".*", "$1")))
                .containsExactly(
                        "sandbox_create",
                        "sandbox_created",
                        "sandbox_pause",
                        "sandbox_paused",
                        "sandbox_resume",
                        "sandbox_resumed",
                        "sandbox_ended");
        assertThat(Files.readString(data.resolve("audit/audit.jsonl"))).contains("\"reason\":\"CLIENT\"");
        open();
    }

    private Sandbox create(CreateRequest request) {
        return client.create(request).getSandbox();
    }

    private Sandbox pause(String id) {
        return client.pause(PauseRequest.newBuilder().setSandboxId(id).build()).getSandbox();
    }

    private Sandbox connect(String id) {
        return client.connect(ConnectRequest.newBuilder().setSandboxId(id).build())
                .getSandbox();
    }

    private Sandbox get(String id) {
        return client.get(GetRequest.newBuilder().setSandboxId(id).build()).getSandbox();
    }

    /** Returns the number of processes. */
    private int processes(String id) {
        return served.processesAs(new Tenant.Loopback())
                .listProcesses(
                        ListProcessesRequest.newBuilder().setSandboxId(id).build())
                .getProcessesCount();
    }

    private static StatusRuntimeException refused(Runnable call) {
        return requireNonNull(catchThrowableOfType(StatusRuntimeException.class, call::run), "the call succeeded");
    }
}
