package io.neurovisor.server.grpc.sandbox;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.ForkResponse;
import io.neurovisor.proto.sandbox.ForkResult;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.KillRequest;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.OnTimeout;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingStub;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.metrics.Scrape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Makes copies of sandboxes through the services, with fake machines. */
@SuppressWarnings("NullAway.Init") // Set before each test.
@Timeout(60)
final class ForkedSandboxesGrpcTest {
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
    void copiesAreSandboxesOfTheirOwn() {
        Sandbox source = create(CreateRequest.newBuilder()
                .setName("mine")
                .setIdempotencyKey("once")
                .putMetadata("a", "b")
                .setOnTimeout(OnTimeout.ON_TIMEOUT_PAUSE)
                .setAutoResume(true)
                .build());
        List<Sandbox> copies = made(fork(source.getId(), 2));

        assertThat(copies).hasSize(2).allSatisfy(copy -> {
            assertThat(copy.getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
            assertThat(copy.getForkedFrom()).isEqualTo(source.getId());
            assertThat(copy.getName()).isEmpty();
            assertThat(copy.getMetadataMap()).containsExactlyEntriesOf(source.getMetadataMap());
            assertThat(copy.getOnTimeout()).isEqualTo(OnTimeout.ON_TIMEOUT_PAUSE);
            assertThat(copy.getAutoResume()).isTrue();
            assertThat(copy.getGeneration()).isEqualTo(1);
            assertThat(copy.getLayersList()).isEqualTo(get(copy.getId()).getLayersList());
            assertThat(processes(copy.getId())).isZero();
        });
        assertThat(Stream.concat(copies.stream(), Stream.of(source)))
                .extracting(Sandbox::getId)
                .doesNotHaveDuplicates();
        assertThat(Stream.concat(copies.stream(), Stream.of(source)))
                .extracting(Sandbox::getVmId)
                .doesNotHaveDuplicates();
        assertThat(get(source.getId()))
                .isEqualTo(source.toBuilder()
                        .setEnds(get(source.getId()).getEnds())
                        .build());
        assertThat(served.machines()).isEqualTo(3);
        assertThat(client.list(ListRequest.newBuilder().putMetadata("a", "b").build())
                        .getTotalRunning())
                .isEqualTo(3);
        assertThat(Scrape.of(served.registry()))
                .contains("neurovisor_sandbox_operation_seconds_count{operation=\"fork\"} 1");
    }

    @ParameterizedTest
    @CsvSource({"0, 300", "60, 60"})
    void aCopyHasATimeoutOfItsOwn(int requested, long seconds) {
        String id =
                create(CreateRequest.newBuilder().setTimeoutSecs(3600).build()).getId();
        Sandbox copy = made(client.fork(ForkRequest.newBuilder()
                        .setSandboxId(id)
                        .setTimeoutSecs(requested)
                        .build()))
                .getFirst();
        assertThat(copy.getEnds().getSeconds() - copy.getCreated().getSeconds()).isBetween(seconds, seconds + 5);
    }

    @Test
    void copiesWithoutRoomAreReportedOneByOne() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        for (int i = 0; i < ServedSandboxes.MOST - 3; i++) {
            create(CreateRequest.getDefaultInstance());
        }
        ForkResponse response = fork(id, 3);
        assertThat(response.getResultsList()).hasSize(3);
        assertThat(made(response)).hasSize(2);
        StatusRuntimeException failure = response.getResultsList().stream()
                .filter(ForkResult::hasStatus)
                .map(result -> StatusProto.toStatusRuntimeException(result.getStatus()))
                .findFirst()
                .orElseThrow();
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(TestServer.reason(failure)).isEqualTo("SANDBOX_QUOTA");
        assertThat(TestServer.hasRetryDelay(failure)).isTrue();
        assertThat(failure.getStatus().getDescription()).contains("--max-sandboxes");

        StatusRuntimeException full = refused(() -> fork(id, 1));
        assertThat(full.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(TestServer.reason(full)).isEqualTo("SANDBOX_QUOTA");
        assertThat(get(id).getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        assertThat(served.machines()).isEqualTo(ServedSandboxes.MOST);
    }

    @Test
    void theLimitOfAKeyHolds() {
        client = served.as(served.key("ci", new SandboxQuota(Optional.of(2), Optional.empty())));
        String id = create(CreateRequest.getDefaultInstance()).getId();
        assertThat(made(fork(id, 3))).hasSize(1);
        assertThat(served.machines()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            count        | 33 | 0      | count is 33; 1 to 32 is allowed
            count        | -1 | 0      | count is 4294967295; 1 to 32 is allowed
            timeout_secs | 1  | 86401  | timeout of 86401 s is out of range
            timeout_secs | 1  | -1     | timeout of 4294967295 s is out of range
            """)
    void rejectsAForkThatIsOutOfRange(String field, int count, int timeout, String message) {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        StatusRuntimeException refusal = refused(() -> client.fork(ForkRequest.newBuilder()
                .setSandboxId(id)
                .setCount(count)
                .setTimeoutSecs(timeout)
                .build()));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(TestServer.field(refusal)).isEqualTo(field);
        assertThat(refusal.getStatus().getDescription()).contains(message);
        assertThat(served.machines()).isEqualTo(1);
    }

    @Test
    void aSandboxOfAnotherTenantIsUnknown() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        SandboxServiceBlockingStub other = served.as(served.key("other", SandboxQuota.UNLIMITED));
        for (String each : new String[] {id, "b".repeat(20), "no id\u0000", ""}) {
            StatusRuntimeException refusal = refused(
                    () -> other.fork(ForkRequest.newBuilder().setSandboxId(each).build()));
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_UNKNOWN");
        }
        assertThat(served.machines()).isEqualTo(1);
    }

    @Test
    void aSandboxThatHasEndedIsNotCopied() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        kill(id);
        StatusRuntimeException refusal = refused(() -> fork(id, 1));
        assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_UNKNOWN");
        assertThat(refusal.getStatus().getDescription()).contains("was killed");
    }

    @Test
    void aPausedSandboxStaysPaused() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        Sandbox paused =
                client.pause(PauseRequest.newBuilder().setSandboxId(id).build()).getSandbox();
        assertThat(made(fork(id, 2))).hasSize(2).allSatisfy(copy -> {
            assertThat(copy.getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
            assertThat(copy.getForkedFrom()).isEqualTo(id);
        });
        assertThat(get(id)).isEqualTo(paused);
        assertThat(served.machines()).isEqualTo(2);
    }

    @Test
    void copiesOutliveTheirSourceAndLeaveNothing() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        List<Sandbox> copies = made(fork(id, 2));
        kill(id);
        assertThat(copies)
                .allSatisfy(copy -> assertThat(processes(copy.getId())).isZero());
        List<Sandbox> ofACopy = made(fork(copies.getFirst().getId(), 1));
        assertThat(ofACopy)
                .extracting(Sandbox::getForkedFrom)
                .containsExactly(copies.getFirst().getId());
        Stream.concat(copies.stream(), ofACopy.stream()).map(Sandbox::getId).forEach(this::kill);
        assertThat(served.machines()).isZero();
        await().until(() -> served.checkpoints().names().isEmpty());
    }

    @Test
    void aCopyRemembersItsSourceAfterARestart() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        String copy = made(fork(id, 1)).getFirst().getId();
        served = served.restarted();
        client = served.as(new Tenant.Loopback());
        assertThat(get(copy).getForkedFrom()).isEqualTo(id);
        assertThat(get(id).getForkedFrom()).isEmpty();
        assertThat(processes(copy)).as("resumed by the first call").isZero();
    }

    @Test
    void theAuditLogHasALineBeforeAForkAndOneForEachCopy() throws IOException {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        List<Sandbox> copies = made(fork(id, 2));
        served.close();
        List<String> lines = Files.readAllLines(data.resolve("audit/audit.jsonl"));
        assertThat(lines.stream().map(line -> line.replaceAll(".*\"event\":\"([^\"]*)\".*", "$1")))
                .startsWith("sandbox_create", "sandbox_created", "sandbox_fork", "sandbox_forked", "sandbox_forked");
        assertThat(lines.get(2))
                .contains("\"count\":\"2\"", "\"sandbox_id\":\"" + id + "\"", "\"timeout_ms\":\"300000\"");
        for (int i = 0; i < copies.size(); i++) {
            Sandbox copy = copies.get(i);
            assertThat(lines.get(3 + i))
                    .contains(
                            "\"forked_from\":\"" + id + "\"",
                            "\"sandbox_id\":\"" + copy.getId() + "\"",
                            "\"vm_id\":\"" + copy.getVmId() + "\"");
        }
        open();
    }

    private Sandbox create(CreateRequest request) {
        return client.create(request).getSandbox();
    }

    private ForkResponse fork(String id, int count) {
        return client.fork(
                ForkRequest.newBuilder().setSandboxId(id).setCount(count).build());
    }

    private static List<Sandbox> made(ForkResponse response) {
        return response.getResultsList().stream()
                .filter(ForkResult::hasSandbox)
                .map(ForkResult::getSandbox)
                .toList();
    }

    private Sandbox get(String id) {
        return client.get(GetRequest.newBuilder().setSandboxId(id).build()).getSandbox();
    }

    private void kill(String id) {
        assertThat(client.kill(KillRequest.newBuilder().setSandboxId(id).build())
                        .getKilled())
                .isTrue();
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
