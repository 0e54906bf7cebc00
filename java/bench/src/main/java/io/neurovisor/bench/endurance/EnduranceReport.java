package io.neurovisor.bench.endurance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The report of a run with executions.
 *
 * @param hostile the traffic of the hostile clients, if there were any
 */
record EnduranceReport(Ledger ledger, Optional<HostileTraffic> hostile, AuditTrail audit, TrialResult trial)
        implements PromiseReport {
    @Override
    public List<String> complaints() {
        List<String> lines = new ArrayList<>(ledger.complaints());
        audit.begun().forEach((digest, times) -> {
            if (times > 1) {
                lines.add("program " + digest + " was begun " + times + " times");
            }
        });
        if (audit.unended() > trial.clients()) {
            lines.add(audit.unended() + " executions have no end in the audit log; only those of the " + trial.clients()
                    + " clients that the daemon's end met may");
        }
        if (count(RequestOutcome.How.DIED) > trial.machinesKilled()) {
            lines.add(count(RequestOutcome.How.DIED) + " sandboxes died, of which " + trial.machinesKilled()
                    + " were killed");
        }
        lines.addAll(trial.complaints());
        hostile.flatMap(traffic -> traffic.latencies().complaint()).ifPresent(lines::add);
        return lines;
    }

    @Override
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("endurance: " + trial.extent());
        lines.add(row("asked for", "all", "right", "died", "refused", "unknown", "gone", "wrong", "median", "95 %"));
        Stream.of(RequestKind.values()).map(this::row).forEach(lines::add);
        hostile.ifPresent(traffic -> lines.addAll(traffic.lines()));
        lines.add(trial.kills());
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
        lines.addAll(trial.lines());
        lines.addAll(TrialResult.verdict(
                complaints(), "nothing was run twice, nothing lost without an outcome, nothing leaked"));
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

    private static String row(String name, String... cells) {
        StringBuilder line = new StringBuilder(String.format("%-10s", name));
        for (String cell : cells) {
            line.append(String.format("%9s", cell));
        }
        return line.toString();
    }
}
