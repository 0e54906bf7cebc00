package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import io.neurovisor.engine.sandbox.SandboxState.Ending;
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
    private static final Ending KILLED = new Ending(SandboxEnd.KILLED, "");

    /** The table of the life cycle. */
    @ParameterizedTest(name = "{0} of a sandbox that is {1}: {2}, then {3}")
    @CsvSource({
        "KILL, CREATING, CREATING, -",
        "KILL, RUNNING, ENDED, End",
        "KILL, COPYING, ENDED, Abort",
        "KILL, PAUSING, ENDED, Abort",
        "KILL, PAUSED, ENDED, End",
        "KILL, RESUMING, ENDED, Abort",
        "KILL, ENDED, ENDED, -",
        "TIME_PASSES, CREATING, CREATING, -",
        "TIME_PASSES, RUNNING, ENDED, End",
        "TIME_PASSES, COPYING, COPYING, -",
        "TIME_PASSES, PAUSING, PAUSING, -",
        "TIME_PASSES, PAUSED, ENDED, End",
        "TIME_PASSES, RESUMING, RESUMING, -",
        "TIME_PASSES, ENDED, ENDED, -",
        "MACHINE_IS_DEAD, RUNNING, ENDED, End",
        "MACHINE_IS_DEAD, COPYING, COPYING, -",
        "MACHINE_IS_DEAD, PAUSING, PAUSING, -",
        "MACHINE_IS_DEAD, PAUSED, PAUSED, -",
        "MACHINE_IS_DEAD, RESUMING, RESUMING, -",
        "MACHINE_IS_DEAD, ENDED, ENDED, -",
        "PAUSE, CREATING, CREATING, -",
        "PAUSE, RUNNING, PAUSING, Save",
        "PAUSE, COPYING, COPYING, -",
        "PAUSE, PAUSING, PAUSING, -",
        "PAUSE, PAUSED, PAUSED, -",
        "PAUSE, RESUMING, RESUMING, -",
        "PAUSE, ENDED, ENDED, -",
        "COPY, CREATING, CREATING, -",
        "COPY, RUNNING, COPYING, -",
        "COPY, COPYING, COPYING, -",
        "COPY, PAUSING, PAUSING, -",
        "COPY, PAUSED, PAUSED, -",
        "COPY, RESUMING, RESUMING, -",
        "COPY, ENDED, ENDED, -",
        "COPIED, COPYING, RUNNING, -",
        "NOT_SAVED, COPYING, RUNNING, -",
        "DIED_OF_A_SAVE, COPYING, ENDED, End",
        "SAVED, PAUSING, PAUSING, Pause",
        "NOT_SAVED, PAUSING, RUNNING, -",
        "DIED_OF_A_SAVE, PAUSING, ENDED, End",
        "RESTORED, RESUMING, RUNNING, -",
        "NOT_RESTORED, RESUMING, PAUSED, -",
        "DAEMON_ENDS, CREATING, CREATING, -",
        "DAEMON_ENDS, RUNNING, ENDED, End",
        "DAEMON_ENDS, COPYING, COPYING, -",
        "DAEMON_ENDS, PAUSING, PAUSING, -",
        "DAEMON_ENDS, PAUSED, PAUSED, -",
        "DAEMON_ENDS, RESUMING, RESUMING, -",
        "DAEMON_ENDS, ENDED, ENDED, -",
    })
    void followsTheTableOfItsLife(Event event, SandboxPhase phase, SandboxPhase after, String step) {
        SandboxState state = in(phase, OnTimeout.KILL);

        assertThat(event.on(state).map(next -> next.getClass().getSimpleName()).orElse("-"))
                .isEqualTo(step);

        assertThat(state.phase()).isEqualTo(after);
    }

    @ParameterizedTest(name = "when its time has passed, a sandbox that is {0} is {1}")
    @CsvSource({
        "CREATING, CREATING, -",
        "RUNNING, PAUSING, Save",
        "PAUSING, PAUSING, -",
        "PAUSED, PAUSED, -",
        "RESUMING, RESUMING, -",
        "ENDED, ENDED, -"
    })
    void isPausedAtItsTimeOutIfThatIsWanted(SandboxPhase phase, SandboxPhase after, String step) {
        SandboxState state = in(phase, OnTimeout.PAUSE);

        assertThat(Event.TIME_PASSES
                        .on(state)
                        .map(next -> next.getClass().getSimpleName())
                        .orElse("-"))
                .isEqualTo(step);

        assertThat(state.phase()).isEqualTo(after);
    }

    /** What is under way when a client kills a sandbox is reported before it ends, so that nothing of it is left. */
    @ParameterizedTest
    @CsvSource({
        "PAUSING, SAVED",
        "PAUSING, NOT_SAVED",
        "PAUSING, DIED_OF_A_SAVE",
        "RESUMING, RESTORED",
        "RESUMING, NOT_RESTORED"
    })
    void aKilledSandboxEndsWhenTheStepUnderWayIsReported(SandboxPhase phase, Event report) {
        SandboxState state = in(phase, OnTimeout.KILL);
        assertThat(state.end(KILLED, 1)).contains(new SandboxStep.Abort(ID));
        assertThat(state.isHolding()).as("counts until then").isTrue();

        assertThat(report.on(state)).contains(new SandboxStep.End(ID, true));

        assertThat(state.end()).contains(SandboxEnd.KILLED);
        assertThat(state.isOver()).isFalse();
        state.released();
        assertThat(state.isOver()).isTrue();
        assertThat(state.isHolding()).isFalse();
    }

    @Test
    void aSandboxThatIsKilledAfterItWasSavedIsNotPaused() {
        SandboxState state = in(SandboxPhase.PAUSING, OnTimeout.KILL);
        assertThat(state.pauses().saved()).isEqualTo(new SandboxStep.Pause(ID));
        assertThat(state.record().isPaused()).as("before its machine is killed").isTrue();
        assertThat(state.end(KILLED, 1)).contains(new SandboxStep.Abort(ID));
        assertThat(state.record().isPaused()).isFalse();

        assertThat(state.pauses().paused()).contains(new SandboxStep.End(ID, true));
    }

    @ParameterizedTest(name = "the daemon ends, and {1} of a sandbox that is {0}: {2}, then {3}")
    @CsvSource({
        "PAUSING, SAVED, PAUSING, Pause",
        "PAUSING, NOT_SAVED, ENDED, End",
        "PAUSING, DIED_OF_A_SAVE, ENDED, End",
        "RESUMING, RESTORED, RESUMING, Pause",
        "RESUMING, NOT_RESTORED, PAUSED, -"
    })
    void isKeptByADaemonThatEndsIfItHasACheckpoint(SandboxPhase phase, Event report, SandboxPhase after, String step) {
        SandboxState state = in(phase, OnTimeout.KILL);
        assertThat(Event.DAEMON_ENDS.on(state)).isEmpty();

        assertThat(report.on(state).map(next -> next.getClass().getSimpleName()).orElse("-"))
                .isEqualTo(step);

        assertThat(state.phase()).isEqualTo(after);
        if (step.equals("Pause")) {
            assertThat(state.pauses().paused()).isEmpty();
            assertThat(state.phase()).isEqualTo(SandboxPhase.PAUSED);
        }
    }

    @Test
    void isPausedAgainAfterAFailureAndThenEnds() {
        SandboxState state = in(SandboxPhase.RUNNING, OnTimeout.PAUSE);
        for (int minute = 20; minute < 22; minute++) {
            assertThat(state.next(() -> true, minute * MINUTE)).contains(new SandboxStep.Save(ID));
            assertThat(state.pauses().notSaved(Optional.empty(), "no space left", minute * MINUTE))
                    .isEmpty();
            assertThat(state.endsNanos()).isEqualTo((minute + 1) * MINUTE);
        }
        assertThat(state.next(() -> false, 22 * MINUTE)).as("without room").contains(new SandboxStep.End(ID, true));
        assertThat(state.record().end()).contains(SandboxEnd.TIMED_OUT);
        assertThat(state.record().endDetail()).startsWith("it could not be paused: ");
    }

    @Test
    void endsAfterThreeRestoredMachinesHaveDied() {
        SandboxState state = in(SandboxPhase.RESUMING, OnTimeout.PAUSE);
        assertThat(state.pauses().notRestored(true, "signal 9", 1)).isEmpty();
        state.pauses().resume(1);
        assertThat(state.pauses().notRestored(false, "no room", 1)).isEmpty();
        state.pauses().resume(1);
        assertThat(state.pauses().notRestored(true, "signal 9", 1)).isEmpty();
        state.pauses().resume(1);

        assertThat(state.pauses().notRestored(true, "signal 9", 1)).contains(new SandboxStep.End(ID, true));

        assertThat(state.end()).contains(SandboxEnd.DIED);
    }

    @Test
    void hasTimeWhenItIsResumedAfterItsTimeOut() {
        SandboxState state = in(SandboxPhase.PAUSED, OnTimeout.PAUSE);
        state.pauses().resume(50 * MINUTE);
        assertThat(state.pauses().restored(new VmId("vm-2"), 51 * MINUTE)).isEmpty();
        assertThat(state.endsNanos()).isEqualTo(70 * MINUTE);
        assertThat(state.record().generation()).isEqualTo(2);
        assertThat(state.record().vmId()).contains(new VmId("vm-2"));
        assertThat(state.record().isPaused()).isFalse();
        assertThat(state.next(() -> true, 51 * MINUTE)).as("its clock").contains(new SandboxStep.SetClock(ID));
    }

    @Test
    void isPausedInAnotherProcessAsItWasBefore() {
        SandboxState before = in(SandboxPhase.PAUSED, OnTimeout.KILL);

        SandboxState after = new SandboxState(before.record(), 120 * MINUTE);

        assertThat(after.phase()).isEqualTo(SandboxPhase.PAUSED);
        assertThat(after.isHolding()).isFalse();
        assertThat(after.record()).isEqualTo(before.record());
        assertThat(after.untilNext(119 * MINUTE)).isEqualTo(Duration.ofMinutes(1));
        assertThat(after.next(() -> true, 120 * MINUTE)).contains(new SandboxStep.End(ID, true));
    }

    @Test
    void aMachineThatWasFoundDeadBeforeAPauseDoesNotEndIt() {
        SandboxState state = in(SandboxPhase.RUNNING, OnTimeout.KILL);
        int before = state.pauses().begun();
        assertThat(state.pauses().begin(PauseReason.CLIENT)).isPresent();
        assertThat(state.pauses().notSaved(Optional.empty(), "", 1)).isEmpty();

        assertThat(state.died(before, KILLED, 1)).isEmpty();
        assertThat(state.died(state.pauses().begun(), KILLED, 1)).isPresent();
    }

    @ParameterizedTest
    @EnumSource
    void neverLeavesItsEnd(SandboxPhase phase) {
        SandboxState state = in(SandboxPhase.ENDED, OnTimeout.KILL);
        assertThatThrownBy(() -> state.become(phase)).hasMessageContaining("is ENDED and cannot become " + phase);
    }

    @Test
    void endsWhenReadyIfThatWasDecidedWhileItWasCreated() {
        SandboxState state = in(SandboxPhase.CREATING, OnTimeout.KILL);
        assertThat(state.end(new Ending(SandboxEnd.REVOKED, "first"), 1)).isEmpty();
        assertThat(state.end(new Ending(SandboxEnd.KILLED, "second"), 2)).isEmpty();
        assertThat(state.end()).as("while it is created").isEmpty();

        assertThat(state.running(new VmId("vm-1"), 3)).contains(new SandboxStep.End(ID, false));

        assertThat(state.record().end()).contains(SandboxEnd.REVOKED);
        assertThat(state.record().endDetail()).isEqualTo("first");
        assertThat(state.record().vmId()).contains(new VmId("vm-1"));
    }

    @Test
    void countsItsTimeFromTheMomentAtWhichItRuns() {
        SandboxState state = in(SandboxPhase.CREATING, OnTimeout.KILL);
        assertThat(state.running(new VmId("vm-1"), 9 * MINUTE)).isEmpty();

        assertThat(state.record().created()).isEqualTo(CREATED);
        assertThat(state.record().ends()).isEqualTo(CREATED.plus(Duration.ofMinutes(29)));
        assertThat(state.record().generation()).isOne();
    }

    @Test
    void itsTimeIsExtendedButNotShortenedByAnExtension() {
        SandboxState state = in(SandboxPhase.RUNNING, OnTimeout.KILL);
        state.extend(Duration.ofMinutes(1), 5 * MINUTE);
        assertThat(state.endsNanos()).isEqualTo(20 * MINUTE);
        state.extend(Duration.ofMinutes(30), 5 * MINUTE);
        assertThat(state.endsNanos()).isEqualTo(35 * MINUTE);
        state.setTimeout(Duration.ofMinutes(1), 5 * MINUTE);
        assertThat(state.endsNanos()).isEqualTo(6 * MINUTE);
        assertThat(state.next(() -> true, 6 * MINUTE)).contains(new SandboxStep.End(ID, false));
        assertThat(state.end()).contains(SandboxEnd.TIMED_OUT);
        assertThat(state.record().ends()).isEqualTo(CREATED.plus(Duration.ofMinutes(6)));
    }

    @Test
    void itsClockIsSetAndItsLayersAreReadAgainFromTimeToTime() {
        SandboxState state = in(SandboxPhase.RUNNING, OnTimeout.KILL);

        assertThat(state.next(() -> true, 0))
                .as("a machine may have waited long")
                .contains(new SandboxStep.SetClock(ID));
        assertThat(state.untilNext(0)).isEqualTo(SandboxTimes.CLOCK_INTERVAL);
        assertThat(state.next(() -> true, 5 * MINUTE - 1)).isEmpty();
        assertThat(state.next(() -> true, 5 * MINUTE)).contains(new SandboxStep.SetClock(ID));
        assertThat(state.next(() -> true, 5 * MINUTE)).isEmpty();
        assertThat(List.of(
                        state.next(() -> true, 10 * MINUTE),
                        state.next(() -> true, 10 * MINUTE),
                        state.next(() -> true, 10 * MINUTE)))
                .containsExactly(
                        Optional.of(new SandboxStep.SetClock(ID)),
                        Optional.of(new SandboxStep.ReadLayers(ID)),
                        Optional.empty());
        assertThat(state.next(() -> true, 20 * MINUTE)).contains(new SandboxStep.End(ID, false));
    }

    private static SandboxState in(SandboxPhase phase, OnTimeout onTimeout) {
        SandboxState state =
                new SandboxState(ID, "owner", SandboxSpecs.spec(Duration.ofMinutes(20), onTimeout, false), CREATED, 0);
        if (phase != SandboxPhase.CREATING) {
            assertThat(state.running(new VmId("vm-1"), 0)).isEmpty();
        }
        switch (phase) {
            case CREATING, RUNNING -> {}
            case ENDED -> assertThat(state.end(KILLED, 0)).isPresent();
            case COPYING -> assertThat(state.pauses().beginCopy()).isTrue();
            case PAUSING -> assertThat(state.pauses().begin(PauseReason.CLIENT)).isPresent();
            case PAUSED, RESUMING -> {
                assertThat(state.pauses().begin(PauseReason.CLIENT)).isPresent();
                assertThat(state.pauses().saved()).isEqualTo(new SandboxStep.Pause(ID));
                assertThat(state.pauses().paused()).isEmpty();
                if (phase == SandboxPhase.RESUMING) {
                    state.pauses().resume(0);
                }
            }
        }
        return state;
    }

    enum Event {
        KILL {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.end(KILLED, 1);
            }
        },
        TIME_PASSES {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.next(() -> true, 21 * MINUTE);
            }
        },
        MACHINE_IS_DEAD {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.died(state.pauses().begun(), new Ending(SandboxEnd.DIED, "signal 9"), 1);
            }
        },
        PAUSE {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.pauses().begin(PauseReason.CLIENT);
            }
        },
        COPY {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                assertThat(state.phase() == SandboxPhase.RUNNING)
                        .isEqualTo(state.pauses().beginCopy());
                return Optional.empty();
            }
        },
        COPIED {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.pauses().notSaved(Optional.empty(), "", 1);
            }
        },
        SAVED {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return Optional.of(state.pauses().saved());
            }
        },
        NOT_SAVED {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.pauses().notSaved(Optional.empty(), "a program does not stop", 1);
            }
        },
        DIED_OF_A_SAVE {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.pauses().notSaved(Optional.of(SandboxEnd.DIED), "signal 9", 1);
            }
        },
        RESTORED {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.pauses().restored(new VmId("vm-2"), 1);
            }
        },
        NOT_RESTORED {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.pauses().notRestored(true, "signal 9", 1);
            }
        },
        DAEMON_ENDS {
            @Override
            Optional<SandboxStep> on(SandboxState state) {
                return state.stop(new Ending(SandboxEnd.LOST, ""), 1);
            }
        };

        abstract Optional<SandboxStep> on(SandboxState state);
    }
}
