package io.neurovisor.cli.run;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.Listeners;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** Machines of the fake VMM, whose guests run a function of the test as their program. */
final class FakeMachines implements LocalMachines.Opening {
    private final List<ExecutionRequest> requests = new ArrayList<>();
    private final FakeVmm vmm;

    private FakeMachines(FakeGuest guest) {
        this.vmm = new FakeVmm(_ -> guest);
    }

    static FakeMachines of(FakeGuest guest) {
        return new FakeMachines(guest);
    }

    static FakeMachines executing(BiFunction<Program, OutputSink, ProgramExit> program) {
        return of(new FakeGuest().executing(program));
    }

    /** Returns machines whose program writes nothing and ends in the given way. */
    static FakeMachines ending(ProgramExit exit) {
        return executing((_, _) -> exit);
    }

    static ProgramExit exit(Outcome outcome, int exitCode) {
        return exit(outcome, exitCode, ProgramExit.Details.NONE);
    }

    static ProgramExit exit(Outcome outcome, int exitCode, ProgramExit.Details details) {
        return new ProgramExit(outcome, exitCode, 0, Duration.ofMillis(1), false, false, details);
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the only request; fails if there is not exactly one. */
    ExecutionRequest request() {
        if (requests.size() != 1) {
            throw new AssertionError(requests.size() + " requests");
        }
        return requests.getFirst();
    }

    int livingCount() {
        return vmm.livingCount();
    }

    @Override
    public LocalMachines open(GuestOptions guest, ConsoleProgress progress, Listeners listeners) {
        Executions executions = TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM, listeners.executions());
        return new LocalMachines() {
            @Override
            public void prepare(ExecutionRequest request) {
                requests.add(request);
            }

            @Override
            public ExecutionResult execute(ExecutionRequest request, OutputSink sink) {
                return executions.execute(request, sink);
            }

            @Override
            public RunOrigin origin() {
                return new RunOrigin("fake", "1.2.3", "none", "it is the only one", Optional.empty());
            }

            @Override
            public void close() {}
        };
    }
}
