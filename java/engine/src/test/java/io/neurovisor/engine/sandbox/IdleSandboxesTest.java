package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import io.neurovisor.testkit.FakeGuest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests sandboxes that are paused when no client and no program uses them. */
final class IdleSandboxesTest extends SandboxesFixture {
    private static final Duration IDLE = Duration.ofSeconds(60);

    private double worked = 1;

    @Test
    void isPausedAfterItsTimeWithoutACall() {
        Sandbox sandbox = create(true);
        pass(Duration.ofSeconds(59));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
        pass(Duration.ofSeconds(1));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.PAUSED);
        assertThat(record(sandbox.id()).pause()).contains(PauseReason.IDLE);
        assertThat(recorded.events).contains("paused " + sandbox.id());
    }

    @Test
    void aCallPutsItOff() {
        Sandbox sandbox = create(true);
        pass(Duration.ofSeconds(59));
        assertThat(sandbox.processes().list(soon())).isEmpty();
        pass(Duration.ofSeconds(59));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
        pass(Duration.ofSeconds(1));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void aFailedCallPutsItOff() {
        Sandbox sandbox = create(true);
        pass(Duration.ofSeconds(59));
        assertThatThrownBy(() -> sandbox.files().stat("nothing", soon())).isInstanceOf(NeuroVisorException.class);
        pass(Duration.ofSeconds(59));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
        pass(Duration.ofSeconds(1));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void isNotIdleWhileAStreamIsOpen() {
        Sandbox sandbox = create(true);
        ProcessEvents events = sandbox.processes().start(sleep(), soon());
        pass(IDLE.multipliedBy(3));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
        events.close();
        events.close();
        pass(Duration.ofSeconds(59));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
        pass(Duration.ofSeconds(1));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void aStreamThatAPauseHasEndedDoesNotCountLater() {
        Sandbox sandbox = create(true);
        ProcessEvents events = sandbox.processes().start(sleep(), soon());
        Sandbox _ = sandboxes.pause(sandbox.id(), NAME);
        Sandbox _ = sandboxes.connect(sandbox.id(), OWNER);
        events.close();
        pass(IDLE);
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void programsThatUseAProcessorPutItOff() {
        Sandbox sandbox = create(true);
        for (int i = 0; i < 30; i++) {
            work(0.3);
            pass(Duration.ofSeconds(5));
            assertThat(sandbox.usage(soon()).cpuSeconds()).isPositive();
        }
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
        for (int i = 0; i < 12; i++) {
            work(0.2);
            pass(Duration.ofSeconds(5));
            if (phase(sandbox.id()) == SandboxPhase.RUNNING) {
                assertThat(sandbox.usage(soon()).cpuSeconds()).isPositive();
            }
        }
        assertThat(phase(sandbox.id())).as("after a minute of timers").isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void aCallResumesItIfThatIsWanted() {
        SandboxId manual = create(false).id();
        SandboxId automatic = create(true).id();
        pass(IDLE);
        assertFault(() -> sandboxes.require(manual, OWNER), Fault.SANDBOX_PAUSED);
        assertThat(sandboxes.require(automatic, OWNER).processes().list(soon())).isEmpty();
        pass(Duration.ofSeconds(59));
        assertThat(phase(automatic)).isEqualTo(SandboxPhase.RUNNING);
        pass(Duration.ofSeconds(1));
        assertThat(phase(automatic)).as("idle again").isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void runsOnIfItCannotBePausedAndIsPausedLater() {
        Sandbox sandbox = create(true);
        guests.getFirst().failingFreeze(Fault.GUEST_REFUSED, false);
        pass(IDLE);
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
        pass(Duration.ofSeconds(59));
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void withoutRoomForPausedSandboxesItRunsOn() {
        for (int i = 0; i < MOST_PAUSED; i++) {
            Sandbox _ = sandboxes.pause(create(true).id(), NAME);
        }
        SandboxId last = create(true).id();
        pass(IDLE);
        assertThat(phase(last)).isEqualTo(SandboxPhase.RUNNING);
        sandboxes.list(NAME).stream()
                .filter(sandbox -> sandbox.phase() == SandboxPhase.PAUSED)
                .forEach(paused -> sandboxes.kill(paused.id(), NAME, SandboxEnd.KILLED));
        pass(IDLE);
        assertThat(phase(last)).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void itsTimeOutCounts() {
        SandboxId id = create(true).id();
        pass(IDLE);
        pass(Duration.ofMinutes(5));
        assertThat(record(id).end()).contains(SandboxEnd.TIMED_OUT);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 9, 86_401})
    void rejectsATimeThatIsOutOfRange(long seconds) {
        SandboxSpec spec = SandboxSpecs.spec(Duration.ofMinutes(5));
        assertThatThrownBy(() -> spec.pausedAfter(Duration.ofSeconds(seconds)))
                .hasMessage("idle pause after %d s is out of range; use 10 s to 24 h".formatted(seconds));
    }

    private Sandbox create(boolean autoResume) {
        return sandboxes.create(
                SandboxSpecs.spec(Duration.ofMinutes(5), OnTimeout.KILL, autoResume)
                        .pausedAfter(IDLE),
                OWNER,
                soon());
    }

    /** Adds to the processor time of the guest. */
    private void work(double seconds) {
        worked += seconds;
        FakeGuest _ = guests.getFirst().using(new GuestUsage(worked, 64 << 20, 256 << 20, 16 << 20, 0, 1 << 20, 3));
    }

    private void pass(Duration time) {
        ticker.advance(time);
        Duration _ = sandboxes.settle();
    }
}
