package io.neurovisor.server.grpc.sandbox;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.CreateSnapshotRequest;
import io.neurovisor.proto.sandbox.CreateTemplateRequest;
import io.neurovisor.proto.sandbox.CreateTemplateResponse;
import io.neurovisor.proto.sandbox.DeleteSnapshotRequest;
import io.neurovisor.proto.sandbox.DeleteTemplateRequest;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.KillRequest;
import io.neurovisor.proto.sandbox.ListSnapshotsRequest;
import io.neurovisor.proto.sandbox.ListTemplatesRequest;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingStub;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.Snapshot;
import io.neurovisor.proto.sandbox.Template;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.metrics.Scrape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Takes, lists, uses and deletes snapshots through the service, with fake machines. */
@SuppressWarnings("NullAway.Init") // Set before each test.
@Timeout(60)
final class SnapshotsGrpcTest {
    @TempDir
    private Path data;

    private ServedSandboxes served;
    private SandboxServiceBlockingStub client;
    private String source;

    @BeforeEach
    void open() {
        served = new ServedSandboxes(data);
        client = served.as(new Tenant.Loopback());
        source = create("").getId();
    }

    @AfterEach
    void close() {
        served.close();
    }

    @Test
    void aSandboxIsCreatedFromTheIdOrNameOfASnapshot() {
        Snapshot snapshot = take(source, "ready");
        assertThat(snapshot.getName()).isEqualTo("ready");
        assertThat(snapshot.getSandboxId()).isEqualTo(source);
        assertThat(snapshot.getTemplate()).isEqualTo(get(source).getTemplate());
        assertThat(snapshot.getSize()).isEqualTo(get(source).getSize());
        assertThat(snapshot.getDiskBytes()).isPositive();
        assertThat(get(source).getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        assertThat(client.kill(KillRequest.newBuilder().setSandboxId(source).build())
                        .getKilled())
                .isTrue();

        for (String template : List.of(snapshot.getId(), "ready")) {
            Sandbox created = create(template);
            assertThat(created.getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
            assertThat(created.getForkedFrom()).isEqualTo(source);
            assertThat(created.getTemplate()).isEqualTo(snapshot.getTemplate());
            assertThat(created.getLayersList()).isNotEmpty();
        }
        assertThat(served.machines()).isEqualTo(2);
        assertThat(Scrape.of(served.registry()))
                .contains(
                        "neurovisor_sandbox_operation_seconds_count{operation=\"snapshot\"} 1",
                        "neurovisor_checkpoint_bytes 1.0");
    }

    @Test
    void listsTheNewestFirst() {
        Snapshot first = take(source, "");
        String other = create("").getId();
        Snapshot second = take(other, "second");
        assertThat(list("")).containsExactlyInAnyOrder(first, second);
        assertThat(list(source)).containsExactly(first);
        assertThat(list("no id")).isEmpty();
    }

    @Test
    void deletesByIdAndByName() {
        Snapshot first = take(source, "");
        take(source, "second");
        String created = create("second").getId();
        assertThat(delete("")).isFalse();
        assertThat(delete(first.getId())).isTrue();
        assertThat(delete(first.getId())).isFalse();
        assertThat(delete("second")).isTrue();
        assertThat(list("")).isEmpty();
        assertThat(get(created).getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        StatusRuntimeException refusal = refused(() -> create("second"));
        assertThat(TestServer.reason(refusal)).isEqualTo("IMAGE_UNKNOWN");
        assertThat(refusal).hasMessageEndingWith("no snapshot or template of this client has that id or name either");
    }

    @Test
    void aTemplateIsMadeListedUsedAndDeleted() {
        Snapshot snapshot = take(source, "ready");
        List<CreateTemplateResponse> made = makeTemplate("ready", "mine");

        assertThat(made.getFirst().hasTemplate()).isFalse();
        assertThat(made.getFirst().getTotalBytes()).isPositive();
        Template template = made.getLast().getTemplate();
        assertThat(template.getName()).isEqualTo("mine");
        assertThat(template.getSandboxId()).isEqualTo(source);
        assertThat(template.getImage()).isEqualTo(snapshot.getTemplate());
        assertThat(template.getSize()).isEqualTo("small");
        assertThat(template.getDiskBytes()).isPositive();
        assertThat(list("")).as("snapshots").containsExactly(snapshot);
        assertThat(templates()).containsExactly(template);
        assertThat(delete("mine")).as("as a snapshot").isFalse();

        Sandbox created = create("mine");
        assertThat(created.getForkedFrom()).isEqualTo(source);
        StatusRuntimeException refusal = refused(() -> deleteTemplate("mine"));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(TestServer.reason(refusal)).isEqualTo("TEMPLATE_IN_USE");
        client.kill(KillRequest.newBuilder().setSandboxId(created.getId()).build());
        assertThat(deleteTemplate("ready")).as("a snapshot").isFalse();
        assertThat(deleteTemplate("mine")).isTrue();
        assertThat(deleteTemplate(template.getId())).isFalse();
        assertThat(templates()).isEmpty();
    }

    @Test
    void aTemplateIsOfOneTenant() {
        take(source, "ready");
        makeTemplate("ready", "mine");
        SandboxServiceBlockingStub own = client;
        client = served.as(served.key("other", SandboxQuota.UNLIMITED));
        assertThat(templates()).isEmpty();
        assertThat(deleteTemplate("mine")).isFalse();
        assertThat(TestServer.reason(refused(() -> create("mine")))).isEqualTo("IMAGE_UNKNOWN");
        StatusRuntimeException refusal = refused(() -> makeTemplate("ready", "theirs"));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(TestServer.reason(refusal)).isEqualTo("SNAPSHOT_UNKNOWN");
        client = own;
        assertThat(templates()).hasSize(1);
    }

    @Test
    void aTemplateOutlivesItsDaemon() {
        take(source, "ready");
        Template template = makeTemplate("ready", "mine").getLast().getTemplate();
        delete("ready");
        served = served.restarted();
        client = served.as(new Tenant.Loopback());
        assertThat(templates()).containsExactly(template);
        assertThat(create("mine").getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
    }

    private List<CreateTemplateResponse> makeTemplate(String snapshot, String name) {
        List<CreateTemplateResponse> responses = new ArrayList<>();
        client.createTemplate(CreateTemplateRequest.newBuilder()
                        .setSnapshotId(snapshot)
                        .setName(name)
                        .build())
                .forEachRemaining(responses::add);
        return responses;
    }

    private List<Template> templates() {
        return client.listTemplates(ListTemplatesRequest.getDefaultInstance()).getTemplatesList();
    }

    private boolean deleteTemplate(String text) {
        return client.deleteTemplate(
                        DeleteTemplateRequest.newBuilder().setTemplateId(text).build())
                .getDeleted();
    }

    @Test
    void aSnapshotOfAPausedSandboxOutlivesItsDaemon() {
        client.pause(PauseRequest.newBuilder().setSandboxId(source).build());
        Snapshot snapshot = take(source, "ready");
        assertThat(get(source).getState()).isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
        served = served.restarted();
        client = served.as(new Tenant.Loopback());
        assertThat(list("")).containsExactly(snapshot);
        assertThat(create("ready").getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"size", "env", "cwd"})
    void rejectsWhatTheMemoryOfASnapshotHas(String field) {
        Snapshot snapshot = take(source, "");
        CreateRequest.Builder request = CreateRequest.newBuilder().setTemplate(snapshot.getId());
        switch (field) {
            case "size" -> request.setSize("large");
            case "env" -> request.putEnv("A", "1");
            default -> request.setCwd("/tmp");
        }
        StatusRuntimeException refusal = refused(() -> client.create(request.build()));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(TestServer.field(refusal)).isEqualTo(field);
        assertThat(refusal.getStatus().getDescription()).contains("has size small", "set variables for each process");
        assertThat(served.machines()).isEqualTo(1);
    }

    @Test
    void theSizeOfTheSnapshotIsAccepted() {
        Snapshot snapshot = take(source, "");
        assertThat(client.create(CreateRequest.newBuilder()
                                .setTemplate(snapshot.getId())
                                .setSize("small")
                                .setTimeoutSecs(60)
                                .putMetadata("a", "b")
                                .setName("mine")
                                .build())
                        .getSandbox()
                        .getMetadataMap())
                .containsEntry("a", "b");
    }

    @Test
    void anotherTenantHasNoPartInIt() {
        Snapshot snapshot = take(source, "ready");
        SandboxServiceBlockingStub other = served.as(served.key("other", SandboxQuota.UNLIMITED));
        assertThat(other.listSnapshots(ListSnapshotsRequest.getDefaultInstance())
                        .getSnapshotsList())
                .isEmpty();
        for (String text : List.of(snapshot.getId(), "ready")) {
            assertThat(other.deleteSnapshot(DeleteSnapshotRequest.newBuilder()
                                    .setSnapshotId(text)
                                    .build())
                            .getDeleted())
                    .isFalse();
            StatusRuntimeException refusal = refused(() ->
                    other.create(CreateRequest.newBuilder().setTemplate(text).build()));
            assertThat(TestServer.reason(refusal)).isEqualTo("IMAGE_UNKNOWN");
        }
        for (String id : List.of(source, "b".repeat(20), "no id\u0000", "")) {
            StatusRuntimeException refusal = refused(() -> other.createSnapshot(
                    CreateSnapshotRequest.newBuilder().setSandboxId(id).build()));
            assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_UNKNOWN");
        }
        assertThat(list("")).containsExactly(snapshot);
    }

    @Test
    void theSnapshotsOfARevokedKeyAreDeleted() {
        Tenant holder = served.key("ci", SandboxQuota.UNLIMITED);
        SandboxServiceBlockingStub ci = served.as(holder);
        String id = ci.create(CreateRequest.getDefaultInstance()).getSandbox().getId();
        ci.createSnapshot(CreateSnapshotRequest.newBuilder().setSandboxId(id).build());
        ci.kill(KillRequest.newBuilder().setSandboxId(id).build());
        Snapshot own = take(source, "");
        served.invalidKeys(InstantSource.system()).look();
        assertThat(served.checkpoints().snapshots()).hasSize(2);
        served.keys().revoke("ci");
        served.invalidKeys(InstantSource.system()).look();
        assertThat(served.checkpoints().snapshots())
                .extracting(kept -> kept.id().value())
                .containsExactly(own.getId());
    }

    @Test
    void rejectsALongName() {
        StatusRuntimeException refusal = refused(() -> take(source, "n".repeat(64)));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(TestServer.field(refusal)).isEqualTo("name");
        assertThat(list("")).isEmpty();
    }

    @Test
    void theAuditLogHasALineBeforeEachChange() throws IOException {
        Snapshot snapshot = take(source, "");
        String created = create(snapshot.getId()).getId();
        delete(snapshot.getId());
        served.close();
        List<String> lines = Files.readAllLines(data.resolve("audit/audit.jsonl"));
        assertThat(lines.stream().map(line -> line.replaceAll(".*\"event\":\"([^\"]*)\".*", "$1")))
                .startsWith(
                        "sandbox_create",
                        "sandbox_created",
                        "sandbox_snapshot",
                        "snapshot_created",
                        "sandbox_create",
                        "sandbox_created",
                        "snapshot_delete");
        assertThat(lines.get(2)).contains("\"sandbox_id\":\"" + source + "\"");
        assertThat(lines.get(3)).contains("\"snapshot_id\":\"" + snapshot.getId() + "\"");
        assertThat(lines.get(4)).contains("\"template\":\"" + snapshot.getId() + "\"");
        assertThat(lines.get(5)).contains("\"sandbox_id\":\"" + created + "\"");
        assertThat(lines.get(6)).contains("\"snapshot_id\":\"" + snapshot.getId() + "\"");
        open();
    }

    private Sandbox create(String template) {
        return client.create(CreateRequest.newBuilder().setTemplate(template).build())
                .getSandbox();
    }

    private Snapshot take(String id, String name) {
        return client.createSnapshot(CreateSnapshotRequest.newBuilder()
                        .setSandboxId(id)
                        .setName(name)
                        .build())
                .getSnapshot();
    }

    private List<Snapshot> list(String id) {
        return client.listSnapshots(
                        ListSnapshotsRequest.newBuilder().setSandboxId(id).build())
                .getSnapshotsList();
    }

    private boolean delete(String text) {
        return client.deleteSnapshot(
                        DeleteSnapshotRequest.newBuilder().setSnapshotId(text).build())
                .getDeleted();
    }

    private Sandbox get(String id) {
        return client.get(GetRequest.newBuilder().setSandboxId(id).build()).getSandbox();
    }

    private static StatusRuntimeException refused(Runnable call) {
        return requireNonNull(catchThrowableOfType(StatusRuntimeException.class, call::run), "the call succeeded");
    }
}
