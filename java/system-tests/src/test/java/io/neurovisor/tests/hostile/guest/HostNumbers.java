package io.neurovisor.tests.hostile.guest;

import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import com.sun.management.HotSpotDiagnosticMXBean;
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
 * What this process takes of its host at a moment.
 *
 * @param heapBytes that are in use after a collection
 * @param directBytes of buffers outside the heap
 * @param residentBytes of the whole process
 * @param threads of the platform and virtual ones
 * @param descriptors that are open
 * @param files below the directories that are looked at
 * @param fileBytes in them
 * @param processes that it has started
 */
record HostNumbers(
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

    /** @param scratch for what is looked at and removed again */
    static HostNumbers now(Path scratch, List<Path> directories) throws IOException {
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

    /** After a collection of the whole heap. */
    static long measuredHeapBytes() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** As the JVM counts them and as Netty, whose buffers it may not know, does; the larger one. */
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
