package io.neurovisor.lab;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;

/**
 * The size of a lab machine.
 *
 * @param processors more than one helps only if the host has as many idle: emulated processors wait for each other
 */
public record LabSize(int memoryMegabytes, int processors) {
    private static final int LEAST_MEGABYTES = 1024;
    private static final int MOST_MEGABYTES = 65536;
    private static final int MOST_PROCESSORS = 16;

    public LabSize {
        require("--memory", memoryMegabytes, LEAST_MEGABYTES, MOST_MEGABYTES);
        require("--cpus", processors, 1, MOST_PROCESSORS);
    }

    private static void require(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT, "%s %d is not between %d and %d".formatted(option, value, least, most));
        }
    }
}
