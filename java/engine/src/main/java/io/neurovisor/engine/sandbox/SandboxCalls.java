package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Makes calls to the guest of a sandbox, and says of those that fail with the sandbox how it ended. */
record SandboxCalls(SandboxId id, LockedBook book, SandboxTasks tasks) {
    /** Makes a call once the sandbox runs; throws {@code SANDBOX_UNKNOWN} if it has ended. */
    <T> T call(Function<Machine, T> call) {
        Machine machine = book.running(id)
                .home()
                .orElseThrow(() -> SandboxFaults.unknown(id))
                .machine();
        return guarded(() -> call.apply(machine));
    }

    /** Makes a call without a result. */
    void run(Consumer<Machine> call) {
        Machine _ = call(machine -> {
            call.accept(machine);
            return machine;
        });
    }

    /** Continues a call under way. */
    <T> T guarded(Supplier<T> step) {
        try {
            return step.get();
        } catch (NeuroVisorException failure) {
            throw tasks.explained(id, failure);
        }
    }

    /** Continues a call under way, without a result. */
    void guardedRun(Runnable step) {
        SandboxId _ = guarded(() -> {
            step.run();
            return id;
        });
    }
}
