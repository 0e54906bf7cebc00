package io.neurovisor.server.overview;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.ManualTicker;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class RecentExecutionsTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final TraceId TRACE = new TraceId(UUID.fromString("01941ab3-6d8c-7a2b-b4e1-9c1234567890"));

    private final ManualTicker ticker = new ManualTicker();
    private final RecentExecutions recent = new RecentExecutions(() -> NOW, ticker);

    @Test
    void reportsThePhasesOfAnExecution() {
        ExecutionRequest request = request();
        recent.begun(request);
        assertThat(recent.activity().current())
                .containsExactly(new CurrentExecution(1, TRACE.toString(), "python", "small", NOW, ""));
        ticker.advance(Duration.ofMillis(30));
        try (Machine machine = machine()) {
            ticker.advance(Duration.ofMillis(10));
            recent.acquired(request, machine, Duration.ofMillis(40));
            assertThat(recent.activity().current(TRACE.toString()))
                    .extracting(CurrentExecution::vmId)
                    .containsExactly(machine.vmId().value());
            ticker.advance(Duration.ofMillis(100));
            ticker.advance(Duration.ofMillis(5));
            recent.executed(request, result(machine, Duration.ofMillis(40), Duration.ofMillis(100), ""));
        }
        Activity activity = recent.activity();
        assertThat(activity.running()).isZero();
        assertThat(activity.ended()).isOne();
        assertThat(activity.uncompleted()).isZero();
        EndedExecution ended = activity.ended(TRACE.toString()).getFirst();
        assertThat(ended.totalMillis()).isEqualTo(145);
        assertThat(ended.exitCode()).isEqualTo(3);
        assertThat(ended.phases())
                .containsExactly(
                        new Phase(Phase.Name.WAIT, 0, 40),
                        new Phase(Phase.Name.BOOT, 30, 0),
                        new Phase(Phase.Name.EXECUTE, 40, 100),
                        new Phase(Phase.Name.PROGRAM, 80, 20),
                        new Phase(Phase.Name.DESTROY, 140, 5));
    }

    @Test
    void aReadyMachineHasNoStartPhase() {
        ExecutionRequest request = request();
        try (Machine machine = machine()) {
            ticker.advance(Duration.ofSeconds(5));
            recent.begun(request);
            ticker.advance(Duration.ofMillis(2));
            recent.acquired(request, machine, Duration.ofMillis(2));
            recent.executed(request, result(machine, Duration.ofMillis(2), Duration.ofMillis(30), ""));
        }
        assertThat(recent.activity().recent().getFirst().phases())
                .extracting(Phase::name)
                .doesNotContain(Phase.Name.BOOT, Phase.Name.RESTORE);
    }

    @Test
    void reportsAFailureByItsFaultOnly() {
        RecentExecutions listener = new RecentExecutions(() -> NOW, Ticker.SYSTEM);
        Executions executions = TestPools.executions(
                new FakeVmm(_ -> new FakeGuest().silent()), TestFiles.bootFiles(), Ticker.SYSTEM, listener);
        assertThatThrownBy(() -> executions.execute(request(), new RecordingSink()))
                .isInstanceOf(NeuroVisorException.class);
        ExecutionRequest request = request();
        listener.begun(request);
        listener.failed(request, new IllegalStateException("a secret"));

        assertThat(listener.activity().recent())
                .extracting(EndedExecution::outcome)
                .containsExactly(Fault.INTERNAL.name(), Fault.GUEST_SILENT.name());
        assertThat(listener.activity().recent()).allSatisfy(ended -> {
            assertThat(ended.completed()).isFalse();
            assertThat(ended.exitCode()).isNull();
            assertThat(ended.toString()).doesNotContain("secret");
        });
        assertThat(listener.activity().uncompleted()).isEqualTo(2);
    }

    @Test
    void limitsTextOfAGuestToOneBoundedLine() {
        RecentExecutions listener = new RecentExecutions(() -> NOW, Ticker.SYSTEM);
        String words = "<script>alert(1)</script>\u001b[2J\u202e\r\nready\ud800" + "x".repeat(10_000_000);
        Executions executions = TestPools.executions(
                new FakeVmm(_ -> new FakeGuest().dyingWhileExecuting(words)),
                TestFiles.bootFiles(),
                Ticker.SYSTEM,
                listener);
        ExecutionResult result = executions.execute(request(), new RecordingSink());
        assertThat(result.outcome()).isEqualTo(Outcome.SANDBOX_DIED);

        EndedExecution ended = listener.activity().recent().getFirst();
        assertThat(ended.detail())
                .contains("<script>")
                .hasSizeLessThan(310)
                .doesNotContainPattern("[\\p{Cc}\\p{Cs}\\u202e]");
        assertThat(listener.activity().toString()).doesNotContain("print('mine')");
    }

    @Test
    void distinguishesExecutionsOfOneTrace() {
        List<ExecutionRequest> requests = List.of(request(), request(), request());
        requests.forEach(recent::begun);
        assertThat(recent.activity().current(TRACE.toString()))
                .extracting(CurrentExecution::number)
                .containsExactly(1L, 2L, 3L);
        recent.failed(requests.get(1), new NeuroVisorException(Fault.POOL_EXHAUSTED, "none"));
        assertThat(recent.activity().current())
                .extracting(CurrentExecution::number)
                .containsExactly(1L, 3L);
        assertThat(recent.activity().recent())
                .extracting(EndedExecution::number)
                .containsExactly(2L);
    }

    /** Each number starts an execution, or ends a running one in one of the possible ways. */
    @Property(tries = 50)
    void memoryIsBounded(@ForAll @Size(max = 600) List<@IntRange(max = 400) Integer> moves) {
        RecentExecutions listener = new RecentExecutions(() -> NOW, ticker);
        List<ExecutionRequest> running = new ArrayList<>();
        long ended = 0;
        try (Machine machine = machine()) {
            for (int move : moves) {
                ticker.advance(Duration.ofMillis(move * 10L));
                if (move % 2 == 0 || running.isEmpty()) {
                    running.add(request());
                    listener.begun(running.getLast());
                    continue;
                }
                ExecutionRequest request = running.remove(move % running.size());
                if (move % 3 == 0) {
                    listener.failed(request, new NeuroVisorException(Fault.INTERRUPTED, "gone"));
                } else {
                    listener.acquired(request, machine, Duration.ofMillis(move));
                    listener.executed(request, result(machine, Duration.ofMillis(move), Duration.ofMillis(move), ""));
                }
                // Repeated and unknown events have no effect.
                listener.executed(request, result(machine, Duration.ZERO, Duration.ZERO, ""));
                ended++;
                assertThat(listener.activity().running()).isEqualTo(running.size());
            }
            running.forEach(request -> listener.failed(request, new IllegalStateException("over")));
        }
        Activity activity = listener.activity();
        assertThat(activity.running()).isZero();
        assertThat(activity.current()).isEmpty();
        assertThat(activity.ended()).isEqualTo(ended + running.size());
        assertThat(activity.recent()).hasSizeLessThanOrEqualTo(RecentExecutions.MOST_ENDED);
        assertThat(activity.points()).hasSizeLessThanOrEqualTo(120);
        assertThat(activity.recent())
                .allSatisfy(execution -> assertThat(execution.phases()).allSatisfy(phase -> {
                    assertThat(phase.startMillis()).isNotNegative();
                    assertThat(phase.lengthMillis()).isNotNegative();
                }));
    }

    private Machine machine() {
        return TestPools.machines(new FakeVmm(_ -> new FakeGuest()), TestFiles.bootFiles(), ticker)
                .open(new VmId("vm-1"), new MachineKind("base", SandboxSize.SMALL));
    }

    private static ExecutionRequest request() {
        return new ExecutionRequest(
                TRACE, new Program(Language.PYTHON, "print('mine')"), Duration.ofSeconds(30), SandboxSize.SMALL);
    }

    private static ExecutionResult result(Machine machine, Duration waited, Duration run, String detail) {
        return new ExecutionResult(
                TRACE,
                new ProgramExit(Outcome.COMPLETED, 3, 0, Duration.ofMillis(20), false, false, ProgramExit.Details.NONE),
                machine.vmId(),
                Optional.empty(),
                machine.layers(),
                waited,
                run,
                detail);
    }
}
