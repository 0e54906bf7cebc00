package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.HostMemory;
import io.neurovisor.host.probe.JvmMemory;

/**
 * Checks whether the memory suffices for all machines that may run at the same time.
 *
 * @param machineBytes the most memory that one machine of that size can take
 */
record MemoryCheck(HostFiles files, JvmMemory process, SandboxSize size, long machineBytes, int machineCount)
        implements Check {
    private static final String NAME = "memory";
    private static final int MEBIBYTE_BITS = 20;

    MemoryCheck {
        requireNonNull(files, "files is null");
        requireNonNull(process, "process is null");
        requireNonNull(size, "size is null");
    }

    @Override
    public Finding examine() {
        long available = HostMemory.of(files, process).availableBytes();
        if (available == Long.MAX_VALUE) {
            return Finding.warn(NAME, "/proc/meminfo does not report the available memory", "");
        }
        long room = available / machineBytes;
        String detail =
                "%d MiB available, with %d for this process and %d for the host left out, room for %d machines of size %s (%d MiB each)"
                        .formatted(
                                available >> MEBIBYTE_BITS,
                                process.growthBytes() >> MEBIBYTE_BITS,
                                HostMemory.RESERVE_BYTES >> MEBIBYTE_BITS,
                                room,
                                size.label(),
                                machineBytes >> MEBIBYTE_BITS);
        return room >= machineCount
                ? Finding.pass(NAME, detail)
                : Finding.warn(
                        NAME,
                        detail + " and " + machineCount + " may run at the same time",
                        "choose a smaller --size, run fewer at the same time, or end other processes");
    }
}
