package io.neurovisor.bench.measure;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The machine on which a run was measured.
 *
 * @param processor its model
 * @param memoryMebibytes of main memory
 * @param kernel its release
 * @param load the average of the last minute (proc(5), /proc/loadavg)
 * @param refaultedMebibytes file pages that the kernel has evicted and read again since it was started
 *     ({@code workingset_refault_file} of /proc/vmstat); on a host that evicts many pages, an idle machine answers slowly
 */
public record Host(
        String processor, int processors, long memoryMebibytes, String kernel, double load, long refaultedMebibytes) {
    private static final int PAGE_KIBIBYTES = 4;

    public static Host read() {
        return new Host(
                field("/proc/cpuinfo", "model name"),
                Runtime.getRuntime().availableProcessors(),
                Long.parseLong(field("/proc/meminfo", "MemTotal").replaceAll("\\D", "")) / 1024,
                System.getProperty("os.version", ""),
                Double.parseDouble(lines("/proc/loadavg").getFirst().split(" ", 2)[0]),
                refaultedPages() * PAGE_KIBIBYTES / 1024);
    }

    private static long refaultedPages() {
        return lines("/proc/vmstat").stream()
                .filter(line -> line.startsWith("workingset_refault_file "))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
                .sum();
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
