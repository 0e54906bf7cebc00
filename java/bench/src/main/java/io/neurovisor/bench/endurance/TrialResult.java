package io.neurovisor.bench.endurance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What became of a daemon under load.
 *
 * @param machinesKilled the number of killed machines
 * @param before the footprint of the restarted daemon before its first client
 * @param after its footprint after the last client has disconnected
 * @param exitCode the exit code of the daemon
 * @param left a line for each process, socket or file that was left behind
 */
public record TrialResult(
        Duration duration,
        int clients,
        long seed,
        int machinesKilled,
        Footprint before,
        Footprint after,
        int exitCode,
        List<String> left) {
    /** For classes and buffers that the JVM keeps after their first use. */
    private static final long HEAP_SLACK_BYTES = 32L << 20;

    private static final int DESCRIPTOR_SLACK = 8;

    public TrialResult {
        left = List.copyOf(left);
    }

    public List<String> complaints() {
        List<String> lines = new ArrayList<>();
        if (after.descriptors() > before.descriptors() + DESCRIPTOR_SLACK) {
            lines.add("descriptors grew from " + before.descriptors() + " to " + after.descriptors());
        }
        if (before.heapBytes().isPresent()
                && after.heapBytes().orElse(0) > before.heapBytes().getAsLong() + HEAP_SLACK_BYTES) {
            lines.add("the heap grew from " + heap(before) + " to " + heap(after));
        }
        if (exitCode != 0) {
            lines.add("the daemon ended with " + exitCode);
        }
        left.forEach(thing -> lines.add("left behind: " + thing));
        return lines;
    }

    /** Returns what the run was, such as {@code 900 s, 4 clients, seed 1}. */
    public String extent() {
        return duration.toSeconds() + " s, " + clients + " clients, seed " + seed;
    }

    public String kills() {
        return "killed: " + machinesKilled + " machines, 1 daemon";
    }

    public List<String> lines() {
        return List.of(
                "daemon: descriptors %d, then %d; heap %s, then %s; ended with %d"
                        .formatted(before.descriptors(), after.descriptors(), heap(before), heap(after), exitCode),
                "left behind: " + (left.isEmpty() ? "nothing" : String.join(", ", left)));
    }

    /** Returns the complaints of a whole report, and as the last line what was held, or how much was not. */
    public static List<String> verdict(List<String> complaints, String held) {
        List<String> lines = new ArrayList<>();
        complaints.forEach(complaint -> lines.add("BROKEN: " + complaint));
        lines.add(complaints.isEmpty() ? "held: " + held : complaints.size() + " promises were broken");
        return lines;
    }

    private static String heap(Footprint footprint) {
        return footprint.heapBytes().isEmpty()
                ? "unknown"
                : String.format(Locale.ROOT, "%.1f MiB", footprint.heapBytes().getAsLong() / 1048576.0);
    }
}
