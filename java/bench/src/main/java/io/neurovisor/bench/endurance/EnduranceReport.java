package io.neurovisor.bench.endurance;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a run has shown.
 *
 * @param hostile what hostile clients did, where there were any
 * @param machinesKilled how many, besides the daemon
 * @param before what the daemon that came after the killed one held before its first client
 * @param after what it held when the last had gone
 * @param exitCode with which it ended
 * @param left what was left behind, a line each
 */
public record EnduranceReport(
        Duration duration,
        int clients,
        long seed,
        Ledger ledger,
        Optional<HostileTraffic> hostile,
        int machinesKilled,
        Footprint before,
        Footprint after,
        int exitCode,
        AuditTrail audit,
        List<String> left) {
    /** For what the JVM loads and keeps once it has been used. */
    private static final long HEAP_SLACK_BYTES = 32L << 20;

    private static final int DESCRIPTOR_SLACK = 8;

    public EnduranceReport {
        requireNonNull(duration, "duration is null");
        requireNonNull(ledger, "ledger is null");
        requireNonNull(hostile, "hostile is null");
        requireNonNull(before, "before is null");
        requireNonNull(after, "after is null");
        requireNonNull(audit, "audit is null");
        left = List.copyOf(left);
    }

    /** Everything that was to hold and did not, a line each. */
    public List<String> complaints() {
        List<String> lines = new ArrayList<>(ledger.complaints());
        audit.begun().forEach((digest, times) -> {
            if (times > 1) {
                lines.add("program " + digest + " was begun " + times + " times");
            }
        });
        if (audit.unended() > clients) {
            lines.add(audit.unended() + " executions have no end in the audit log; only those of the " + clients
                    + " clients that the daemon's end met may");
        }
        if (count(End.How.DIED) > machinesKilled) {
            lines.add(count(End.How.DIED) + " sandboxes died, of which " + machinesKilled + " were killed");
        }
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
        hostile.flatMap(traffic -> traffic.latencies().complaint()).ifPresent(lines::add);
        return lines;
    }

    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("endurance: " + duration.toSeconds() + " s, " + clients + " clients, seed " + seed);
        lines.add(row("asked for", "all", "right", "died", "refused", "unknown", "gone", "wrong", "median", "95 %"));
        for (Kind kind : Kind.values()) {
            List<Duration> times = ledger.times(kind);
            lines.add(row(
                    kind.name().toLowerCase(Locale.ROOT),
                    Long.toString(ledger.count(kind)),
                    count(kind, End.How.RIGHT),
                    count(kind, End.How.DIED),
                    count(kind, End.How.REFUSED),
                    count(kind, End.How.UNKNOWN),
                    count(kind, End.How.GONE),
                    count(kind, End.How.WRONG),
                    percentile(times, 0.5),
                    percentile(times, 0.95)));
        }
        hostile.ifPresent(traffic -> lines.addAll(traffic.lines()));
        lines.add("killed: " + machinesKilled + " machines, 1 daemon");
        lines.add(
                "audit log: %d programs begun, none more than %d times; %d without an end, of the daemon that was killed"
                        .formatted(
                                audit.begun().values().stream()
                                        .filter(times -> times > 0)
                                        .count(),
                                audit.begun().values().stream()
                                        .mapToInt(Integer::intValue)
                                        .max()
                                        .orElse(0),
                                audit.unended()));
        lines.add("daemon: descriptors %d, then %d; heap %s, then %s; ended with %d"
                .formatted(before.descriptors(), after.descriptors(), heap(before), heap(after), exitCode));
        lines.add("left behind: " + (left.isEmpty() ? "nothing" : String.join(", ", left)));
        List<String> complaints = complaints();
        complaints.forEach(complaint -> lines.add("BROKEN: " + complaint));
        lines.add(
                complaints.isEmpty()
                        ? "held: nothing was run twice, nothing lost without an outcome, nothing leaked"
                        : complaints.size() + " promises were broken");
        return lines;
    }

    private long count(End.How how) {
        return Stream.of(Kind.values())
                .mapToLong(kind -> ledger.count(kind, how))
                .sum();
    }

    private String count(Kind kind, End.How how) {
        return Long.toString(ledger.count(kind, how));
    }

    private static String percentile(List<Duration> sorted, double share) {
        return sorted.isEmpty()
                ? "-"
                : sorted.get((int) Math.ceil(share * sorted.size()) - 1).toMillis() + " ms";
    }

    private static String heap(Footprint footprint) {
        return footprint.heapBytes().isEmpty()
                ? "unknown"
                : String.format(Locale.ROOT, "%.1f MiB", footprint.heapBytes().getAsLong() / 1048576.0);
    }

    private static String row(String name, String... cells) {
        StringBuilder line = new StringBuilder(String.format("%-10s", name));
        for (String cell : cells) {
            line.append(String.format("%9s", cell));
        }
        return line.toString();
    }
}
