package io.neurovisor.engine.pool;

import io.neurovisor.engine.limits.SandboxSize;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/**
 * The memory of the host that a pool's machines share with all other processes.
 *
 * @param availableBytes returns the memory that machines can take now, without the host's reserve; {@link Long#MAX_VALUE} if
 *     it is unknown
 * @param limitBytes returns the most that a machine of a size can take, including its VMM
 */
public record MachineMemory(LongSupplier availableBytes, ToLongFunction<SandboxSize> limitBytes) {}
