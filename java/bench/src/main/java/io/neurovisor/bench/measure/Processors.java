package io.neurovisor.bench.measure;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** Processor time of this machine since it started (proc(5), /proc/stat). */
final class Processors {
    /** The kernel counts hundredths of a second, whatever its own clock (USER_HZ). */
    private static final double MILLIS = 10;

    /** user, nice, system, then idle and waiting, then irq, softirq, steal. */
    private static final int[] BUSY = {1, 2, 3, 6, 7};

    private Processors() {}

    /** Returns the busy time of all processors, whatever process used them. */
    static double busyMillis() {
        try {
            String first = Files.readAllLines(Path.of("/proc/stat")).getFirst();
            String[] fields = first.split(" +", -1);
            return IntStream.of(BUSY)
                            .mapToLong(field -> Long.parseLong(fields[field]))
                            .sum()
                    * MILLIS;
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, "/proc/stat cannot be read", exception);
        }
    }
}
