package io.neurovisor.engine.program;

import io.neurovisor.engine.fault.NeuroVisorException;

/**
 * The limits of one program, enforced by the guest agent.
 *
 * @param outputBytes the size of each output stream after which the program is killed, up to 64 MiB; 0 for 64 MiB
 * @param processes the most processes and threads at the same time; 0 for the agent's limit
 */
public record ProgramLimits(long outputBytes, int processes) {
    public static final ProgramLimits USUAL = new ProgramLimits(0, 0);
    public static final long MAX_OUTPUT_BYTES = 64L << 20;
    public static final int MAX_PROCESSES = 32_768;

    public ProgramLimits {
        if (outputBytes < 0 || outputBytes > MAX_OUTPUT_BYTES) {
            throw NeuroVisorException.invalid(
                    "limits.output_bytes",
                    "a limit of " + Long.toUnsignedString(outputBytes) + " bytes of output is out of range; use 1 to "
                            + MAX_OUTPUT_BYTES + ", or 0 for the most");
        }
        if (processes < 0 || processes > MAX_PROCESSES) {
            throw NeuroVisorException.invalid(
                    "limits.processes",
                    "a limit of " + Integer.toUnsignedString(processes) + " processes is out of range; use 1 to "
                            + MAX_PROCESSES + ", or 0 for the usual");
        }
    }
}
