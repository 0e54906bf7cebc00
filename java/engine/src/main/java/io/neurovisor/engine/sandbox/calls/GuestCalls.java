package io.neurovisor.engine.sandbox.calls;

import io.neurovisor.engine.machine.Machine;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Makes calls to the guest of a sandbox. The failure of a call during which the sandbox has ended or was paused says so. */
public interface GuestCalls {
    /** Explains the failures of one call, also while a stream that it has opened is used. To be closed with that stream. */
    interface Guard extends AutoCloseable {
        <T> T get(Supplier<T> step);

        @Override
        void close();

        /** Takes a step without a result. */
        default void run(Runnable step) {
            Guard _ = get(() -> {
                step.run();
                return this;
            });
        }
    }

    /** Makes a call that opens a stream, once the sandbox runs. The stream closes the guard, unless the call throws. */
    <T> T open(BiFunction<Machine, Guard, T> call);

    /** Makes a call, once the sandbox runs. */
    default <T> T call(Function<Machine, T> call) {
        return open((machine, guard) -> {
            try (guard) {
                return call.apply(machine);
            }
        });
    }

    /** Makes a call without a result. */
    default void run(Consumer<Machine> call) {
        Machine _ = call(machine -> {
            call.accept(machine);
            return machine;
        });
    }
}
