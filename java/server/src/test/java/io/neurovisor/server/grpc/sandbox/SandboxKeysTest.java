package io.neurovisor.server.grpc.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.EndReason;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingStub;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.KeyExpiry;
import io.neurovisor.server.access.keys.SandboxQuota;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How sandboxes end with the keys that created them. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class SandboxKeysTest {
    private static final InstantSource CLOCK = InstantSource.system();

    @TempDir
    private Path data;

    private ServedSandboxes served;

    @BeforeEach
    void open() {
        served = new ServedSandboxes(data);
    }

    @AfterEach
    void close() {
        served.close();
    }

    @Test
    void theSandboxesOfARevokedKeyEnd() {
        SandboxServiceBlockingStub ci = served.as(served.key("ci", SandboxQuota.UNLIMITED));
        String id = create(ci);
        String other = create(served.as(new Tenant.Loopback()));
        served.invalidKeys(CLOCK).look();
        assertThat(served.machines()).isEqualTo(2);
        served.keys().revoke("ci");
        served.invalidKeys(CLOCK).look();
        assertThat(served.machines()).isEqualTo(1);
        assertThat(reason(ci)).isEqualTo(EndReason.END_REASON_REVOKED);
        assertThatThrownBy(() -> ci.get(request(id))).hasMessageContaining("was ended with its key, which was revoked");
        assertThat(served.as(new Tenant.Loopback())
                        .get(request(other))
                        .getSandbox()
                        .getState())
                .isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
    }

    @Test
    void theSandboxesOfAnExpiredKeyEnd() {
        Instant expiry = CLOCK.instant().plus(1, ChronoUnit.HOURS).truncatedTo(ChronoUnit.MILLIS);
        SandboxServiceBlockingStub ci =
                served.as(served.key("ci", SandboxQuota.UNLIMITED, Optional.of(new KeyExpiry(expiry))));
        String id = create(ci);
        served.invalidKeys(() -> expiry.minusMillis(1)).look();
        assertThat(served.machines()).isEqualTo(1);
        served.invalidKeys(() -> expiry).look();
        assertThat(served.machines()).isZero();
        assertThat(reason(ci)).isEqualTo(EndReason.END_REASON_KEY_EXPIRED);
        assertThatThrownBy(() -> ci.get(request(id))).hasMessageContaining("was ended with its key, which had expired");
    }

    @Test
    void aKeyThatCannotBeReadDoesNotKeepTheSandboxesOfOthers() {
        List<String> names = List.of("damaged", "a", "b", "c", "d");
        names.forEach(name -> create(served.as(served.key(name, SandboxQuota.UNLIMITED))));
        names.forEach(name -> served.keys().revoke(name));
        Jdbi.create("jdbc:sqlite:" + data.resolve("access/keys.db"))
                .useHandle(
                        handle -> handle.execute("UPDATE access_key SET scopes = 'everything' WHERE name = 'damaged'"));
        served.invalidKeys(CLOCK).look();
        assertThat(served.machines()).isEqualTo(1);
    }

    private static String create(SandboxServiceBlockingStub client) {
        return client.create(CreateRequest.getDefaultInstance()).getSandbox().getId();
    }

    /** Returns why the only sandbox of a client has ended. */
    private static EndReason reason(SandboxServiceBlockingStub client) {
        return client.list(ListRequest.newBuilder()
                        .addStates(SandboxState.SANDBOX_STATE_ENDED)
                        .build())
                .getSandboxes(0)
                .getEndReason();
    }

    private static GetRequest request(String id) {
        return GetRequest.newBuilder().setSandboxId(id).build();
    }
}
