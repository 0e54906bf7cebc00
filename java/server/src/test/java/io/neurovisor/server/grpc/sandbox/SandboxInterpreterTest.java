package io.neurovisor.server.grpc.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.CellOutcome;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.ExecuteCellRequest;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.PauseResponse;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.grpc.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs cells in sandboxes through the services, with fake machines. */
@SuppressWarnings("NullAway.Init") // Set before each test.
@Timeout(60)
final class SandboxInterpreterTest {
    private static final Tenant OWNER = new Tenant.Loopback();

    @TempDir
    private Path data;

    private ServedSandboxes served;
    private String id;

    @BeforeEach
    void open() {
        served = new ServedSandboxes(data);
        id = served.as(OWNER)
                .create(CreateRequest.getDefaultInstance())
                .getSandbox()
                .getId();
    }

    @AfterEach
    void close() {
        served.close();
    }

    private List<CellEvent> run(Tenant tenant, String code) {
        List<CellEvent> events = new ArrayList<>();
        served.interpretersAs(tenant)
                .executeCell(ExecuteCellRequest.newBuilder()
                        .setSandboxId(id)
                        .setCode(code)
                        .build())
                .forEachRemaining(events::add);
        return events;
    }

    @Test
    void eachCellHasALineInTheAuditLogWithoutItsCode() throws IOException {
        List<CellEvent> events = run(OWNER, "secret = 41");
        assertThat(events.getLast().getEnded().getOutcome()).isEqualTo(CellOutcome.CELL_OUTCOME_OK);
        assertThat(Files.readString(data.resolve("audit/audit.jsonl")))
                .contains(
                        "cell_execute",
                        events.getFirst().getAccepted().getContextId(),
                        Sha256.of("secret = 41".getBytes(StandardCharsets.UTF_8)))
                .doesNotContain("secret");
    }

    @Test
    void aSandboxOfAnotherTenantIsUnknown() {
        Tenant other = served.key("other", SandboxQuota.UNLIMITED);
        StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, () -> run(other, "n = 1"));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_UNKNOWN");
    }

    @Test
    void aPausedSandboxRunsNoCells() {
        PauseResponse _ = served.as(OWNER)
                .pause(PauseRequest.newBuilder().setSandboxId(id).build());
        StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, () -> run(OWNER, "n = 1"));
        assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_PAUSED");
    }
}
