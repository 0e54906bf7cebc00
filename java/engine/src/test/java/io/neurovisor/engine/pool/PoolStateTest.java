package io.neurovisor.engine.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineEnd;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests single decisions; {@link PoolStateModelTest} tests random sequences. */
final class PoolStateTest {
    private static final MachineKind SMALL = new MachineKind("base", SandboxSize.SMALL);
    private static final MachineKind LARGE = new MachineKind("base", SandboxSize.LARGE);
    private static final Duration LONG = Duration.ofSeconds(30);

    /** Priming takes longer than most programs, so under load it would delay the next one. */
    @Test
    void primesOnceAProcessorIsFree() {
        PoolState state = new PoolState(new PoolPlan(SMALL, 2, 3, 3, 3, 1, LONG, TestPools.PLENTY), _ -> 0L);
        state.made(SMALL);
        state.keepWarm();
        PoolAction.Start first = (PoolAction.Start) state.next(0).orElseThrow();
        PoolAction.Start second = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(first.slot());
        assertThat(state.next(0)).as("while another starts").isEmpty();
        long ticket = enqueue(state, SMALL, Claimant.LOCAL);
        assertThat(state.next(0)).contains(new PoolAction.Grant(ticket, first.slot()));
        state.ready(second.slot());
        assertThat(state.next(0)).as("while a program runs").isEmpty();

        state.released(first.slot());
        assertThat(state.next(0)).as("while its machine ends").isEmpty();
        state.gone(first.slot());
        PoolAction.Start third = (PoolAction.Start) state.next(0).orElseThrow();
        assertThat(state.next(0)).as("while another starts").isEmpty();
        state.ready(third.slot());
        assertThat(state.next(0)).contains(new PoolAction.Prime(second.slot()));
    }

    /** A concurrent start would delay the end of the used machine, and thereby the response. */
    @Test
    void replacesAUsedMachineAfterItsEnd() {
        PoolState state = new PoolState(TestPools.plan(SMALL, 1, 3, LONG), _ -> 0L);
        state.keepWarm();
        PoolAction.Start first = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(first.slot());
        assertThat(state.next(0)).contains(new PoolAction.Prime(first.slot()));
        assertThat(state.next(0)).isEmpty();
        assertThat(state.status().warmed()).as("before it is primed").isFalse();
        state.ready(first.slot());
        assertThat(state.next(0)).isEmpty();
        assertThat(state.status().warmed()).isTrue();
        long _ = enqueue(state, SMALL, Claimant.LOCAL);
        assertThat(state.next(0)).containsInstanceOf(PoolAction.Grant.class);

        state.released(first.slot());
        assertThat(state.next(0)).isEmpty();
        state.gone(first.slot());
        assertThat(state.next(0)).containsInstanceOf(PoolAction.Start.class);
    }

    /** Otherwise, machines that wait for the same template would occupy all starts of the pool. */
    @Test
    void templatesAreMadeOneAtATime() {
        PoolState state = new PoolState(TestPools.plan(SMALL, 0, 9, LONG), _ -> 0L);
        enqueue(state, SMALL, Claimant.LOCAL);
        PoolAction.Start making = (PoolAction.Start) state.next(0).orElseThrow();
        enqueue(state, LARGE, Claimant.LOCAL);
        enqueue(state, SMALL, Claimant.LOCAL);
        assertThat(state.next(0)).isEmpty();
        assertThat(state.awaitsTemplate(LARGE)).isTrue();
        state.made(SMALL);
        assertThat(state.awaitsTemplate(LARGE)).isFalse();
        assertThat(state.next(0).map(PoolAction.Start.class::cast).map(PoolAction.Start::kind))
                .contains(LARGE);
        assertThat(state.next(0).map(PoolAction.Start.class::cast).map(PoolAction.Start::kind))
                .contains(SMALL);
        state.ready(making.slot());
        assertThat(state.next(0)).containsInstanceOf(PoolAction.Grant.class);
    }

    @Test
    void failedTemplateMakesRoomForTheNext() {
        PoolState state = new PoolState(TestPools.plan(SMALL, 0, 9, LONG), _ -> 0L);
        enqueue(state, SMALL, Claimant.LOCAL);
        PoolAction.Start making = (PoolAction.Start) state.next(0).orElseThrow();
        enqueue(state, LARGE, Claimant.LOCAL);
        assertThat(state.failed(making.slot(), "no room", 0)).isPresent();
        assertThat(state.next(0).map(PoolAction.Start.class::cast).map(PoolAction.Start::kind))
                .contains(LARGE);
        assertThat(state.status().ending()).isEqualTo(1);
    }

    /** Otherwise, a claimant with requests beyond its share would keep the machines of all others cold. */
    @Test
    void keepsMachinesReadyForOtherClaimants() {
        PoolState state = new PoolState(TestPools.plan(SMALL, 1, 3, LONG), _ -> 0L);
        Claimant limited = new Claimant("limited", new PoolShare(Optional.of(1), Optional.empty()));
        enqueue(state, SMALL, limited);
        PoolAction.Start first = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(first.slot());
        assertThat(state.next(0)).containsInstanceOf(PoolAction.Grant.class);
        enqueue(state, SMALL, limited);
        assertThat(state.next(0)).isEmpty();

        state.keepWarm();
        PoolAction.Start kept = (PoolAction.Start) state.next(0).orElseThrow();
        assertThat(kept.ticket()).isEmpty();
        state.ready(kept.slot());
        assertThat(state.next(0)).contains(new PoolAction.Prime(kept.slot()));
    }

    /** Otherwise, the programs of one sandbox would run in the machine of another, or twice at the same time. */
    @Test
    void aMachineThatContinuesASandboxServesOnlyTheRequestForWhichItWasStarted() {
        PoolState state = new PoolState(TestPools.plan(SMALL, 1, 3, LONG), _ -> 0L);
        Claimant claimant = Claimant.LOCAL.forItsSandboxes();
        MachineKind saved = SMALL.continuing(TestPools.saved("saved"));
        long first = enqueue(state, saved, claimant);
        PoolAction.Start start = (PoolAction.Start) state.next(0).orElseThrow();
        assertThat(start.kind()).isEqualTo(saved);
        assertThat(state.leave(first)).isTrue();
        long second = enqueue(state, saved, claimant);
        assertThat(state.next(0)).as("while the sandbox may run").isEmpty();

        state.ready(start.slot());

        assertThat(state.next(0)).contains(new PoolAction.Destroy(start.slot(), MachineEnd.EVICTED));
        assertThat(state.next(0)).isEmpty();
        state.gone(start.slot());
        PoolAction.Start again = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(again.slot());
        assertThat(state.next(0)).contains(new PoolAction.Grant(second, again.slot()));
    }

    @Test
    void aMachineThatContinuesASandboxNeedsTheTemplateOfItsKind() {
        PoolState state = new PoolState(TestPools.plan(SMALL, 0, 9, LONG), _ -> 0L);
        MachineKind saved = SMALL.continuing(TestPools.saved("saved"));
        assertThat(state.isUnmade(saved)).isTrue();
        state.made(SMALL);
        assertThat(state.isUnmade(saved)).isFalse();
    }

    @Test
    void primesWhileSandboxesLive() {
        PoolState state = new PoolState(new PoolPlan(SMALL, 1, 3, 2, 3, 1, LONG, TestPools.PLENTY), _ -> 0L);
        enqueue(state, SMALL, Claimant.LOCAL.forItsSandboxes());
        PoolAction.Start sandbox = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(sandbox.slot());
        assertThat(state.next(0)).containsInstanceOf(PoolAction.Grant.class);

        state.keepWarm();
        PoolAction.Start kept = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(kept.slot());
        assertThat(state.next(0)).contains(new PoolAction.Prime(kept.slot()));
    }

    /** Otherwise, a claimant could fill the memory with long programs and delay all others by one more request. */
    @Test
    void overdueRequestDoesNotDelayOtherClaimants() {
        Claimant greedy = new Claimant("greedy", PoolShare.UNLIMITED);
        long[] availableBytes = {10};
        MachineMemory memory = new MachineMemory(() -> availableBytes[0], size -> size == SandboxSize.LARGE ? 8 : 2);
        PoolState state = new PoolState(new PoolPlan(SMALL, 0, 9, 9, 9, 9, LONG, memory), _ -> 2L);
        state.made(SMALL);
        state.made(LARGE);
        enqueue(state, SMALL, greedy);
        PoolAction.Start first = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(first.slot());
        assertThat(state.next(0)).containsInstanceOf(PoolAction.Grant.class);
        availableBytes[0] = 4;
        long large = enqueue(state, LARGE, greedy);
        assertThat(state.next(0)).isEmpty();

        long later = FairQueue.LONGEST_BYPASS.toNanos() + 1;
        enqueue(state, SMALL, greedy);
        assertThat(state.next(later)).as("of the same claimant").isEmpty();
        long other = enqueue(state, SMALL, Claimant.LOCAL);
        assertThat(state.next(later))
                .get()
                .isInstanceOfSatisfying(
                        PoolAction.Start.class,
                        start -> assertThat(start.ticket()).hasValue(other));

        state.released(first.slot());
        state.gone(first.slot());
        assertThat(state.leave(other)).isTrue();
        enqueue(state, SMALL, Claimant.LOCAL);
        assertThat(state.next(later)).as("once its claimant has no machine").isEmpty();
        availableBytes[0] = 10;
        assertThat(state.next(later))
                .get()
                .isInstanceOfSatisfying(
                        PoolAction.Start.class,
                        start -> assertThat(start.ticket()).hasValue(large));
    }

    /** Otherwise, a client could fill the memory with sandboxes, which last for hours, and delay all others by one program. */
    @Test
    void overdueProgramOfAClientWithSandboxesDoesNotDelayOthers() {
        Claimant greedy = new Claimant("greedy", PoolShare.UNLIMITED);
        long[] availableBytes = {10};
        MachineMemory memory = new MachineMemory(() -> availableBytes[0], size -> size == SandboxSize.LARGE ? 8 : 2);
        PoolState state = new PoolState(new PoolPlan(SMALL, 0, 9, 9, 9, 9, LONG, memory), _ -> 2L);
        state.made(SMALL);
        state.made(LARGE);
        enqueue(state, SMALL, greedy.forItsSandboxes());
        PoolAction.Start sandbox = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(sandbox.slot());
        assertThat(state.next(0)).containsInstanceOf(PoolAction.Grant.class);
        availableBytes[0] = 4;
        enqueue(state, LARGE, greedy);
        assertThat(state.next(0)).as("while memory is short").isEmpty();

        long later = FairQueue.LONGEST_BYPASS.toNanos() + 1;
        long other = enqueue(state, SMALL, Claimant.LOCAL);

        assertThat(state.next(later))
                .get()
                .isInstanceOfSatisfying(
                        PoolAction.Start.class,
                        start -> assertThat(start.ticket()).hasValue(other));
    }

    @Test
    void requestsForProgramsAndForSandboxesOfAClientCountTogether() {
        PoolState state = new PoolState(TestPools.plan(SMALL, 0, 9, LONG), _ -> 0L);
        Claimant limited = new Claimant("limited", new PoolShare(Optional.empty(), Optional.of(2)));
        enqueue(state, SMALL, limited);
        enqueue(state, SMALL, limited.forItsSandboxes());

        assertThat(state.enqueue(SMALL, limited)).isEmpty();
        assertThat(state.enqueue(SMALL, limited.forItsSandboxes())).isEmpty();
        assertThat(state.waiting(limited)).isEqualTo(2);
    }

    @Test
    void keepsIdleMachinesIfARequestCannotFitAnyway() {
        long[] availableBytes = {6};
        MachineMemory memory = new MachineMemory(() -> availableBytes[0], size -> size == SandboxSize.LARGE ? 8 : 2);
        PoolState state = new PoolState(new PoolPlan(SMALL, 1, 9, 9, 9, 1, LONG, memory), _ -> 1L);
        state.keepWarm();
        enqueue(state, SMALL, Claimant.LOCAL);
        PoolAction.Start leased = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(leased.slot());
        assertThat(state.next(0)).containsInstanceOf(PoolAction.Grant.class);
        PoolAction.Start kept = (PoolAction.Start) state.next(0).orElseThrow();
        state.ready(kept.slot());

        enqueue(state, LARGE, Claimant.LOCAL);
        assertThat(state.next(0)).isEmpty();
        availableBytes[0] = 8;
        assertThat(state.next(0)).contains(new PoolAction.Destroy(kept.slot(), MachineEnd.EVICTED));
    }

    private static long enqueue(PoolState state, MachineKind kind, Claimant claimant) {
        return state.enqueue(kind, claimant).orElseThrow();
    }
}
