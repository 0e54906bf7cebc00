package io.neurovisor.cli.speed;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * On what was measured.
 *
 * @param processor its model
 * @param memoryMebibytes of main memory
 * @param kernel its release
 * @param load the average of the last minute as the measurement began (proc(5), /proc/loadavg)
 */
record Host(String processor, int processors, long memoryMebibytes, String kernel, double load) {
    Host {
        requireNonNull(processor, "processor is null");
        requireNonNull(kernel, "kernel is null");
    }

    static Host read() {
        return new Host(
                field("/proc/cpuinfo", "model name"),
                Runtime.getRuntime().availableProcessors(),
                Long.parseLong(field("/proc/meminfo", "MemTotal").replaceAll("\\D", "")) / 1024,
                System.getProperty("os.version", ""),
                loadNow());
    }

    static double loadNow() {
        return Double.parseDouble(lines("/proc/loadavg").getFirst().split(" ", 2)[0]);
    }

    private static String field(String file, String name) {
        return lines(file).stream()
                .filter(line -> line.startsWith(name))
                .flatMap(line -> Stream.of(line.substring(line.indexOf(':') + 1).strip()))
                .findFirst()
                .orElse("0");
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, file + " cannot be read", exception);
        }
    }
}
