package io.neurovisor.tests.hostile.clients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The resources of a daemon at a point in time.
 *
 * @param heapBytes the heap in use after a collection
 * @param descriptors the open descriptors
 * @param threads the platform threads
 * @param files the number of files below each directory
 */
public record DaemonNumbers(long heapBytes, long descriptors, long threads, Map<String, Long> files) {
    /** Allows for pooled buffers and for the history of the status page and the metrics. */
    static final long MORE_HEAP_BYTES = 16L << 20;

    /** Allows for threads of the compiler and of the scheduler of virtual threads. */
    static final long MORE_THREADS = 6;

    /** Allows for the files that a database opens on use. */
    public static final long MORE_DESCRIPTORS = 6;

    private static final Pattern GENERATION = Pattern.compile("(?:DefNew|Tenured) +total \\d+K, used (\\d+)K");

    public DaemonNumbers {
        files = Map.copyOf(files);
    }

    public static DaemonNumbers of(ProcessHandle jvm, List<Path> directories) throws IOException, InterruptedException {
        Map<String, Long> files = new TreeMap<>();
        for (Path directory : directories) {
            files.putAll(files(directory));
        }
        long heapBytes = heapBytes(jvm);
        return new DaemonNumbers(
                heapBytes, descriptors(jvm), entries(process(jvm).resolve("task")), files);
    }

    static long descriptors(ProcessHandle jvm) throws IOException {
        return entries(process(jvm).resolve("fd"));
    }

    private static Path process(ProcessHandle jvm) {
        return Path.of("/proc", Long.toString(jvm.pid()));
    }

    /** Returns which resources have grown beyond their tolerance; empty if none. */
    List<String> objections(DaemonNumbers before) {
        List<String> objections = new ArrayList<>();
        object(objections, "KiB of heap", before.heapBytes >> 10, heapBytes >> 10, MORE_HEAP_BYTES >> 10);
        object(objections, "descriptors", before.descriptors, descriptors, MORE_DESCRIPTORS);
        object(objections, "threads", before.threads, threads, MORE_THREADS);
        for (String directory : new TreeSet<>(files.keySet())) {
            object(
                    objections,
                    "files in " + directory,
                    before.files.getOrDefault(directory, 0L),
                    files.getOrDefault(directory, 0L),
                    0);
        }
        return objections;
    }

    private static void object(List<String> objections, String what, long before, long after, long tolerance) {
        if (after > before + tolerance) {
            objections.add("%d %s, %d before; at most %d more are allowed".formatted(after, what, before, tolerance));
        }
    }

    private static long entries(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        }
    }

    /** Returns the number of files by top-level directory. The names differ for each machine, their number does not. */
    private static Map<String, Long> files(Path directory) throws IOException {
        Map<String, Long> files = new TreeMap<>();
        try (Stream<Path> found = Files.walk(directory)) {
            found.filter(Files::isRegularFile)
                    .map(directory::relativize)
                    .forEach(file -> files.merge(
                            directory.getFileName() + (file.getNameCount() > 1 ? "/" + file.getName(0) : ""),
                            1L,
                            Long::sum));
        }
        return files;
    }

    private static long heapBytes(ProcessHandle jvm) throws IOException, InterruptedException {
        Path commands = Files.createTempFile("heap", ".jcmd");
        try {
            Files.writeString(commands, "GC.run\nGC.heap_info\n");
            Process jcmd = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/jcmd").toString(),
                            "-J-XX:TieredStopAtLevel=1",
                            "-J-XX:+UseSerialGC",
                            Long.toString(jvm.pid()),
                            "-f",
                            commands.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = String.join("\n", jcmd.inputReader().lines().toList());
            int exitCode = jcmd.waitFor();
            long kibibytes = 0;
            int generations = 0;
            for (Matcher used = GENERATION.matcher(said); used.find(); generations++) {
                kibibytes += Long.parseLong(used.group(1));
            }
            if (exitCode != 0 || generations != 2) {
                throw new IOException("jcmd ended with " + exitCode + " and said: " + said);
            }
            return kibibytes << 10;
        } finally {
            Files.delete(commands);
        }
    }

    @Override
    public String toString() {
        return "heap %d KiB, %d descriptors, %d threads, files %s"
                .formatted(heapBytes >> 10, descriptors, threads, new TreeMap<>(files));
    }
}
