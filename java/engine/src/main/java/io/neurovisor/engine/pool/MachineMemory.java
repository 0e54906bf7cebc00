package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/**
 * The memory that a pool's machines share with everything else on their host.
 *
 * @param availableBytes what is there for machines at this moment, beside what the host needs for itself;
 *     {@link Long#MAX_VALUE} where nobody can say
 * @param limitBytes the most that a machine of a size can take, its VMM included
 */
public record MachineMemory(LongSupplier availableBytes, ToLongFunction<SandboxSize> limitBytes) {
    /** For machines that take none. */
    public static final MachineMemory PLENTY = new MachineMemory(() -> Long.MAX_VALUE, _ -> 0);

    public MachineMemory {
        requireNonNull(availableBytes, "availableBytes is null");
        requireNonNull(limitBytes, "limitBytes is null");
    }
}
