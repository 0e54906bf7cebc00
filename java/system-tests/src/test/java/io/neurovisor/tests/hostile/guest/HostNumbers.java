package io.neurovisor.tests.hostile.guest;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The resources of this process at a point in time.
 *
 * @param heapBytes the heap in use after a collection
 * @param directBytes the buffers outside the heap
 * @param residentBytes the resident set of the process
 * @param threads the platform and virtual threads
 * @param descriptors the open descriptors
 * @param files the files below the inspected directories
 * @param fileBytes the size of these files
 * @param processes the child processes
 */
public record HostNumbers(
        long heapBytes,
        long directBytes,
        long residentBytes,
        long threads,
        long virtualThreads,
        long descriptors,
        long files,
        long fileBytes,
        long processes) {
    private static final Pattern VIRTUAL = Pattern.compile("\"virtual\": true");

    /**
     * Measures this process.
     *
     * @param scratch a directory for temporary files
     */
    public static HostNumbers now(Path scratch, List<Path> directories) throws IOException {
        long files = 0;
        long fileBytes = 0;
        for (Path directory : directories) {
            try (Stream<Path> found = Files.walk(directory)) {
                for (Path file : found.toList()) {
                    files++;
                    fileBytes += Files.isRegularFile(file) ? Files.size(file) : 0;
                }
            }
        }
        return new HostNumbers(
                measuredHeapBytes(),
                measuredDirectBytes(),
                measuredResidentBytes(),
                ManagementFactory.getThreadMXBean().getThreadCount(),
                virtualThreads(scratch),
                ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount(),
                files,
                fileBytes,
                ProcessHandle.current().descendants().count());
    }

    /** Collects garbage and returns the heap in use. */
    static long measuredHeapBytes() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** Returns the larger of the counts of the JVM and of Netty, whose buffers the JVM may not count. */
    static long measuredDirectBytes() {
        long counted = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return Math.max(counted, io.netty.util.internal.PlatformDependent.usedDirectMemory());
    }

    static long measuredResidentBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException("/proc/self/status has no VmRSS");
    }

    private static long virtualThreads(Path scratch) throws IOException {
        Path dump = scratch.resolve("threads.json");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpThreads(dump.toString(), ThreadDumpFormat.JSON);
        try {
            return VIRTUAL.matcher(Files.readString(dump)).results().count();
        } finally {
            Files.delete(dump);
        }
    }

    @Override
    public String toString() {
        return ("heap %d MiB, direct %d MiB, resident %d MiB, %d threads and %d virtual ones, %d descriptors, %d files of"
                        + " %d bytes, %d processes")
                .formatted(
                        heapBytes >> 20,
                        directBytes >> 20,
                        residentBytes >> 20,
                        threads,
                        virtualThreads,
                        descriptors,
                        files,
                        fileBytes,
                        processes);
    }
}
