package io.neurovisor.server.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SandboxWatchesTest {
    private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
    private static final SandboxId ID = new SandboxId("a".repeat(20));

    private final SandboxWatches watches = new SandboxWatches(() -> NOW);

    @Test
    void aWatchSeesTheEventsOfItsOwner() {
        try (SandboxWatch mine = watches.open("key:a");
                SandboxWatch others = watches.open("key:b")) {
            end("key:a");
            SandboxChange change = new SandboxChange(NOW, ID, SandboxChange.Kind.ENDED, Optional.of(SandboxEnd.KILLED));
            assertThat(mine.next()).isEqualTo(change);
            watches.close();
            assertThatThrownBy(others::next).hasMessageContaining("NeuroVisor is shutting down");
        }
    }

    @Test
    void aSlowWatchEnds() {
        try (SandboxWatch slow = watches.open("key:a")) {
            for (int i = 0; i <= SandboxWatch.MOST_UNREAD; i++) {
                end("key:a");
            }
            assertThatThrownBy(slow::next)
                    .hasMessage(
                            "the watch has left 1024 events unread and was ended; list the sandboxes and watch again");
        }
    }

    @Test
    void deliversWhatItHoldsBeforeTheDaemonEnds() {
        try (SandboxWatch watch = watches.open("key:a")) {
            end("key:a");
            watches.close();
            assertThat(watch.next().id()).isEqualTo(ID);
            assertThatThrownBy(watch::next).hasMessageContaining("shutting down");
            assertThatThrownBy(() -> watches.open("key:a")).hasMessageContaining("shutting down");
        }
    }

    @Test
    void limitsTheWatchesOfAnOwner() {
        SandboxWatch first = watches.open("key:a");
        for (int i = 1; i < SandboxWatches.MOST_OF_AN_OWNER; i++) {
            SandboxWatch _ = watches.open("key:a");
        }
        assertThatThrownBy(() -> watches.open("key:a"))
                .hasMessage("key:a watches its sandboxes 32 times, which is the limit; end a watch and try again");
        SandboxWatch _ = watches.open("key:b");
        first.close();
        SandboxWatch _ = watches.open("key:a");
    }

    private void end(String owner) {
        SandboxSpec spec = new SandboxSpec(
                new MachineKind("base", SandboxSize.SMALL),
                Duration.ofMinutes(5),
                Map.of(),
                Optional.empty(),
                Map.of(),
                "",
                Optional.empty());
        SandboxRecord record =
                new SandboxRecord(ID, owner, spec, NOW, NOW, Optional.empty(), 1, Optional.of(SandboxEnd.KILLED), "");
        watches.ended(record, SandboxEnd.KILLED, "");
    }
}
