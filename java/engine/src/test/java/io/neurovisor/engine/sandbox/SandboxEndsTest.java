package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.testkit.FakeGuest;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests how sandboxes end without being killed, and what does not end them. */
final class SandboxEndsTest extends SandboxesFixture {
    @Test
    void endsWhenItsTimeHasPassedWhateverTheSystemClockSays() {
        SandboxId id = create().id();
        systemTime = systemTime.plus(Duration.ofHours(5));
        ticker.advance(Duration.ofMinutes(5).minusMillis(1));
        assertThat(sandboxes.settle()).isEqualTo(Duration.ofMillis(1));
        assertThat(sandboxes.require(id, OWNER).phase()).isEqualTo(SandboxPhase.RUNNING);
        systemTime = systemTime.minus(Duration.ofHours(10));
        ticker.advance(Duration.ofMillis(1));

        Duration _ = sandboxes.settle();

        assertThat(vmm.livingCount()).isZero();
        assertThatThrownBy(() -> sandboxes.require(id, OWNER))
                .hasMessageContaining("timed out at 2026-01-02T03:09:05Z");
    }

    /** The host's clock runs fast by 500 parts per million, the most by which it is slewed. */
    @Test
    void lives24HoursUnderASlewedSystemClock() {
        SandboxId id = create().id();
        Sandbox _ = sandboxes.setTimeout(id, NAME, Duration.ofHours(24));
        for (int minute = 1; minute < 24 * 60; minute++) {
            ticker.advance(Duration.ofMinutes(1));
            systemTime = systemTime.plus(Duration.ofMinutes(1).plusMillis(30));
            Duration _ = sandboxes.settle();
            assertThat(sandboxes.require(id, OWNER).phase()).isEqualTo(SandboxPhase.RUNNING);
        }
        ticker.advance(Duration.ofMinutes(1));
        Duration _ = sandboxes.settle();

        SandboxRecord record = sandboxes.find(id, NAME).orElseThrow().record();
        assertThat(record.end()).contains(SandboxEnd.TIMED_OUT);
        assertThat(Duration.between(record.created(), record.ends())).isEqualTo(Duration.ofHours(24));
        assertThat(guests.getFirst().clockSettings())
                .as("the guest follows the host's clock")
                .isEqualTo(24 * 12);
    }

    @Test
    void endsAlsoIfItsClientHasDisconnectedDuringItsCreation() throws Exception {
        BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        executor = tasks::add;
        sandboxes.start();
        Thread.currentThread().interrupt();
        assertFault(this::create, Fault.INTERRUPTED);
        assertThat(Thread.interrupted()).isTrue();
        tasks.remove().run();
        SandboxId id = sandboxes.all().getFirst().id();

        ticker.advance(Duration.ofMinutes(5));

        while (vmm.livingCount() > 0) {
            requireNonNull(tasks.poll(30, TimeUnit.SECONDS), "the watch sleeps").run();
        }
        assertThat(sandboxes.find(id, NAME).orElseThrow().record().end()).contains(SandboxEnd.TIMED_OUT);
    }

    @Test
    void findsADeadMachineWithoutACall() {
        SandboxId id = create().id();
        guests.getFirst().dead("QEMU was killed by signal 9");

        assertThat(sandboxes.settle()).isEqualTo(SandboxBook.NEVER);

        SandboxRecord record = sandboxes.find(id, NAME).orElseThrow().record();
        assertThat(record.end()).contains(SandboxEnd.DIED);
        assertThat(record.endDetail()).isEqualTo("QEMU was killed by signal 9");
        assertThat(recorded.events.getLast()).isEqualTo("ended " + id + " DIED");
    }

    @Test
    void findsAGuestThatEndedItsConnectionWithoutACall() {
        SandboxId id = create().id();
        guests.getFirst().hangUp("the guest agent ended its connection");

        Duration _ = sandboxes.settle();

        SandboxRecord record = sandboxes.find(id, NAME).orElseThrow().record();
        assertThat(record.end()).contains(SandboxEnd.DIED);
        assertThat(record.endDetail()).startsWith("the guest agent ended its connection");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aVmmThatEndsIsTheReasonForTheEndOfItsConnection() {
        SandboxId id = create().id();
        guests.getFirst().dead("QEMU was killed by signal 9").hangUp("the guest agent ended its connection");

        Duration _ = sandboxes.settle();

        assertThat(sandboxes.find(id, NAME).orElseThrow().record().endDetail())
                .isEqualTo("QEMU was killed by signal 9");
    }

    @Test
    void aMachineThatTheHostKilledForItsMemoryRanOutOfMemory() {
        nextGuests.add(new FakeGuest().runningOutOfMemoryWhileExecuting("-"));
        SandboxId id = create().id();
        guests.getFirst().dead("QEMU ran out of memory");

        Duration _ = sandboxes.settle();

        assertThat(sandboxes.find(id, NAME).orElseThrow().record().end()).contains(SandboxEnd.OUT_OF_MEMORY);
    }

    @Test
    void aMachineThatEndedWithItsSpawnerIsLost() {
        SandboxId id = create().id();
        guests.getFirst().lost();

        Duration _ = sandboxes.settle();

        assertThat(sandboxes.find(id, NAME).orElseThrow().record().end()).contains(SandboxEnd.LOST);
    }

    @Test
    void aCallToADeadMachineSaysHowItDied() {
        Sandbox sandbox = create();
        guests.getFirst().dead("QEMU was killed by signal 9");

        assertThatThrownBy(() -> sandbox.usage(soon()))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.SANDBOX_DIED))
                .hasMessageContaining("killed by signal 9");
        assertFault(() -> sandbox.usage(soon()), Fault.SANDBOX_UNKNOWN);
    }

    @Test
    void aCallUnderWayIsEndedByTheEndOfTheSandbox() {
        Sandbox sandbox = create();

        assertFault(
                () -> sandbox.calls().call(_ -> {
                    assertThat(sandboxes.kill(sandbox.id(), NAME, SandboxEnd.KILLED))
                            .isTrue();
                    throw new NeuroVisorException(Fault.SANDBOX_LOST, "broken pipe");
                }),
                Fault.SANDBOX_MOVED);
    }

    @Test
    void aFailureOfTheProgramIsNotThatOfTheSandbox() {
        Sandbox sandbox = create();

        assertFault(
                () -> sandbox.calls().call(_ -> {
                    throw new NeuroVisorException(Fault.FILE_UNKNOWN, "no file");
                }),
                Fault.FILE_UNKNOWN);
        assertThat(sandboxes.require(sandbox.id(), OWNER).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void aGuestThatSendsMoreThanItMayEndsItsSandbox() {
        Sandbox sandbox = create();

        assertFault(
                () -> sandbox.calls().call(_ -> {
                    throw new NeuroVisorException(Fault.GUEST_EXCEEDED, "output without credit");
                }),
                Fault.SANDBOX_DIED);
        assertThat(sandboxes.find(sandbox.id(), NAME).orElseThrow().record().endDetail())
                .contains("output without credit");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aGuestThatGivesNoSignOfLifeEndsItsSandbox() {
        Sandbox sandbox = create();
        guests.getFirst().silent();

        assertFault(() -> sandbox.usage(soon()), Fault.SANDBOX_DIED);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aSlowCallDoesNotEndTheSandbox() {
        Sandbox sandbox = create();

        assertFault(
                () -> sandbox.calls().call(_ -> {
                    throw new NeuroVisorException(Fault.GUEST_SILENT, "the deadline has passed");
                }),
                Fault.GUEST_SILENT);
        assertThat(sandboxes.require(sandbox.id(), OWNER).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void theClockIsSetEveryFiveMinutes() {
        SandboxId id = create().id();
        Sandbox _ = sandboxes.setTimeout(id, NAME, Duration.ofHours(24));
        for (int i = 0; i < 24 * 60; i++) {
            ticker.advance(Duration.ofMinutes(1));
            Duration _ = sandboxes.settle();
        }
        assertThat(guests.getFirst().clockSettings()).isEqualTo(24 * 12);
    }

    @Test
    void aLayerThatBreaksEndsTheSandbox() {
        SandboxId id = create().id();
        Sandbox _ = sandboxes.setTimeout(id, NAME, Duration.ofHours(1));
        ticker.advance(SandboxTimes.LAYERS_INTERVAL.multipliedBy(2));
        Duration _ = sandboxes.settle();
        assertThat(sandboxes.all()).as("while all are live").hasSize(1);
        layersAreLive.set(false);
        ticker.advance(SandboxTimes.LAYERS_INTERVAL);

        Duration _ = sandboxes.settle();

        SandboxRecord record = sandboxes.find(id, NAME).orElseThrow().record();
        assertThat(record.end()).contains(SandboxEnd.DIED);
        assertThat(record.endDetail()).matches("layer 1 \\(.*\\) of its virtual machine is broken: gone");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void showsTheLayersAsTheyWereReadLast() {
        layersAreLive.set(false);
        SandboxId id = create().id();
        Sandbox _ = sandboxes.setTimeout(id, NAME, Duration.ofHours(1));
        layersAreLive.set(true);
        ticker.advance(SandboxTimes.LAYERS_INTERVAL.minusMillis(1));
        Duration _ = sandboxes.settle();
        assertThat(sandboxes.require(id, OWNER).layers())
                .extracting(LayerState::status)
                .containsOnly(LayerState.Status.BROKEN);
        ticker.advance(Duration.ofMillis(1));
        Duration _ = sandboxes.settle();
        assertThat(sandboxes.require(id, OWNER).layers())
                .extracting(LayerState::status)
                .containsOnly(LayerState.Status.LIVE);
    }

    @Test
    void aLayerThatWasNeverLiveEndsNothing() {
        layersAreLive.set(false);
        SandboxId id = create().id();
        Sandbox _ = sandboxes.setTimeout(id, NAME, Duration.ofHours(1));
        ticker.advance(SandboxTimes.LAYERS_INTERVAL);
        Duration _ = sandboxes.settle();
        assertThat(sandboxes.all()).hasSize(1);
    }
}
