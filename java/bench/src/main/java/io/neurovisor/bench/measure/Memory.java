package io.neurovisor.bench.measure;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Memory of processes, where a shared page counts for each process in proportion (proc(5), smaps_rollup). */
public final class Memory {
    private static final double KIBIBYTES = 1024;

    private Memory() {}

    /** Returns the proportional set size of all the processes together. */
    public static double proportionalMebibytes(List<ProcessHandle> processes) {
        return processes.stream().mapToDouble(Memory::proportionalKibibytes).sum() / KIBIBYTES;
    }

    private static double proportionalKibibytes(ProcessHandle process) {
        Path file = Path.of("/proc", Long.toString(process.pid()), "smaps_rollup");
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith("Pss:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, file + " cannot be read", exception);
        }
    }
}
