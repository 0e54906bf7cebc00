package io.neurovisor.bench.endurance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The report of a run.
 *
 * @param hostile the traffic of the hostile clients, if there were any
 * @param machinesKilled the number of killed machines
 * @param before the footprint of the restarted daemon before its first client
 * @param after its footprint after the last client has disconnected
 * @param exitCode the exit code of the daemon
 * @param left a line for each process, socket or file that was left behind
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
    /** For classes and buffers that the JVM keeps after their first use. */
    private static final long HEAP_SLACK_BYTES = 32L << 20;

    private static final int DESCRIPTOR_SLACK = 8;

    public EnduranceReport {
        left = List.copyOf(left);
    }

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
        if (count(RequestOutcome.How.DIED) > machinesKilled) {
            lines.add(count(RequestOutcome.How.DIED) + " sandboxes died, of which " + machinesKilled + " were killed");
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
        Stream.of(RequestKind.values()).map(this::row).forEach(lines::add);
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

    private String row(RequestKind kind) {
        List<Duration> times = ledger.times(kind);
        return row(
                kind.name().toLowerCase(Locale.ROOT),
                Long.toString(ledger.count(kind)),
                count(kind, RequestOutcome.How.RIGHT),
                count(kind, RequestOutcome.How.DIED),
                count(kind, RequestOutcome.How.REFUSED),
                count(kind, RequestOutcome.How.UNKNOWN),
                count(kind, RequestOutcome.How.GONE),
                count(kind, RequestOutcome.How.WRONG),
                percentile(times, 0.5),
                percentile(times, 0.95));
    }

    private long count(RequestOutcome.How how) {
        return Stream.of(RequestKind.values())
                .mapToLong(kind -> ledger.count(kind, how))
                .sum();
    }

    private String count(RequestKind kind, RequestOutcome.How how) {
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
