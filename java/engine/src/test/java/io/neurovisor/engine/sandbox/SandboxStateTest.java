package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class SandboxStateTest {
    private static final SandboxId ID = SandboxId.random(RandomGenerator.getDefault());
    private static final Instant CREATED = Instant.parse("2026-01-02T03:04:05Z");
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    /** The table of the life cycle, without the events of saved sandboxes. */
    @ParameterizedTest(name = "{0} of a sandbox that is {1}: {2}, ends {3}")
    @CsvSource({
        "KILL, CREATING, CREATING, false",
        "KILL, RUNNING, ENDED, true",
        "KILL, PAUSING, ENDED, true",
        "KILL, PAUSED, ENDED, true",
        "KILL, RESUMING, ENDED, true",
        "KILL, ENDED, ENDED, false",
        "TIME_PASSES, CREATING, CREATING, false",
        "TIME_PASSES, RUNNING, ENDED, true",
        "TIME_PASSES, PAUSING, PAUSING, false",
        "TIME_PASSES, PAUSED, ENDED, true",
        "TIME_PASSES, RESUMING, RESUMING, false",
        "TIME_PASSES, ENDED, ENDED, false",
        "MACHINE_DIES, RUNNING, ENDED, true",
        "MACHINE_DIES, PAUSING, ENDED, true",
        "MACHINE_DIES, PAUSED, PAUSED, false",
        "MACHINE_DIES, RESUMING, RESUMING, false",
        "MACHINE_DIES, ENDED, ENDED, false",
    })
    void followsTheTableOfItsLife(Event event, SandboxPhase phase, SandboxPhase after, boolean ends) {
        SandboxState state = in(phase);

        assertThat(event.on(state).isPresent()).isEqualTo(ends);

        assertThat(state.phase()).isEqualTo(after);
        assertThat(state.isHolding()).as("until its machine is killed").isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void neverLeavesItsEnd(SandboxPhase phase) {
        SandboxState state = in(SandboxPhase.ENDED);
        assertThatThrownBy(() -> state.become(phase)).hasMessageContaining("is ENDED and cannot become " + phase);
    }

    @Test
    void endsWhenReadyIfThatWasDecidedWhileItWasCreated() {
        SandboxState state = in(SandboxPhase.CREATING);
        assertThat(state.end(SandboxEnd.REVOKED, "first", 1)).isEmpty();
        assertThat(state.end(SandboxEnd.KILLED, "second", 2)).isEmpty();
        assertThat(state.end()).as("while it is created").isEmpty();

        assertThat(state.running(new VmId("vm-1"), 3)).contains(new SandboxStep.End(ID));

        assertThat(state.record().end()).contains(SandboxEnd.REVOKED);
        assertThat(state.record().endDetail()).isEqualTo("first");
        assertThat(state.record().vmId()).contains(new VmId("vm-1"));
    }

    @Test
    void countsItsTimeFromTheMomentAtWhichItRuns() {
        SandboxState state = in(SandboxPhase.CREATING);
        assertThat(state.running(new VmId("vm-1"), 9 * MINUTE)).isEmpty();

        assertThat(state.record().created()).isEqualTo(CREATED);
        assertThat(state.record().ends()).isEqualTo(CREATED.plus(Duration.ofMinutes(29)));
        assertThat(state.record().generation()).isOne();
    }

    @Test
    void itsTimeIsExtendedButNotShortenedByAnExtension() {
        SandboxState state = in(SandboxPhase.RUNNING);
        state.extend(Duration.ofMinutes(1), 5 * MINUTE);
        assertThat(state.endsNanos()).isEqualTo(20 * MINUTE);
        state.extend(Duration.ofMinutes(30), 5 * MINUTE);
        assertThat(state.endsNanos()).isEqualTo(35 * MINUTE);
        assertThat(state.setTimeout(Duration.ofMinutes(1), 5 * MINUTE)).isEmpty();
        assertThat(state.endsNanos()).isEqualTo(6 * MINUTE);
        assertThat(state.setTimeout(Duration.ZERO, 5 * MINUTE)).contains(new SandboxStep.End(ID));
        assertThat(state.end()).contains(SandboxEnd.TIMED_OUT);
        assertThat(state.record().ends()).isEqualTo(CREATED.plus(Duration.ofMinutes(5)));
    }

    @Test
    void itsClockIsSetAndItsLayersAreReadAgainFromTimeToTime() {
        SandboxState state = in(SandboxPhase.RUNNING);

        assertThat(state.next(0)).as("a machine may have waited long").contains(new SandboxStep.SetClock(ID));
        assertThat(state.untilNext(0)).isEqualTo(SandboxState.CLOCK_INTERVAL);
        assertThat(state.next(5 * MINUTE - 1)).isEmpty();
        assertThat(state.next(5 * MINUTE)).contains(new SandboxStep.SetClock(ID));
        assertThat(state.next(5 * MINUTE)).isEmpty();
        assertThat(List.of(state.next(10 * MINUTE), state.next(10 * MINUTE), state.next(10 * MINUTE)))
                .containsExactly(
                        Optional.of(new SandboxStep.SetClock(ID)),
                        Optional.of(new SandboxStep.ReadLayers(ID)),
                        Optional.empty());
        assertThat(state.next(20 * MINUTE)).contains(new SandboxStep.End(ID));
    }

    private static SandboxState in(SandboxPhase phase) {
        SandboxState state = new SandboxState(ID, "owner", SandboxBooks.spec(Duration.ofMinutes(20)), CREATED, 0);
        if (phase != SandboxPhase.CREATING) {
            assertThat(state.running(new VmId("vm-1"), 0)).isEmpty();
        }
        switch (phase) {
            case CREATING, RUNNING -> {}
            case PAUSING, ENDED -> state.become(phase);
            case PAUSED -> {
                state.become(SandboxPhase.PAUSING);
                state.become(phase);
            }
            case RESUMING -> {
                state.become(SandboxPhase.PAUSING);
                state.become(SandboxPhase.PAUSED);
                state.become(phase);
            }
        }
        return state;
    }

    enum Event {
        KILL {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.end(SandboxEnd.KILLED, "", 1);
            }
        },
        TIME_PASSES {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.next(21 * MINUTE);
            }
        },
        MACHINE_DIES {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.died(SandboxEnd.DIED, "signal 9", 1);
            }
        };

        abstract Optional<SandboxStep> on(SandboxState state);
    }
}
