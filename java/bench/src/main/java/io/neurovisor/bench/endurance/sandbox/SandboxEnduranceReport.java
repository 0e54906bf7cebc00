package io.neurovisor.bench.endurance.sandbox;

import io.neurovisor.bench.endurance.PromiseReport;
import io.neurovisor.bench.endurance.TrialResult;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The report of a run with sandboxes.
 *
 * @param records of the sandboxes that have ended or are paused, read after the end of the daemon
 */
record SandboxEnduranceReport(SandboxLedger ledger, List<SandboxRecord> records, TrialResult trial)
        implements PromiseReport {
    SandboxEnduranceReport {
        records = List.copyOf(records);
    }

    @Override
    public List<String> complaints() {
        List<String> lines = new ArrayList<>(ledger.complaints(records));
        Map<SandboxEnd, Integer> ends = ledger.ends(records);
        int died = ends.getOrDefault(SandboxEnd.DIED, 0) + ends.getOrDefault(SandboxEnd.FAILED, 0);
        if (died > trial.machinesKilled()) {
            lines.add(died + " sandboxes died, but " + trial.machinesKilled() + " machines were killed");
        }
        lines.addAll(trial.complaints());
        return lines;
    }

    @Override
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("endurance of sandboxes: " + trial.extent());
        Stream.of(SandboxUse.values()).map(this::uses).forEach(lines::add);
        lines.add("sandboxes ended: "
                + ledger.ends(records).entrySet().stream()
                        .map(end -> words(end.getKey()) + " " + end.getValue())
                        .collect(Collectors.joining(", "))
                + "; paused with the daemon: " + ledger.paused(records));
        lines.add(trial.kills() + "; stopped and restarted: 1 daemon");
        lines.addAll(trial.lines());
        lines.addAll(
                TrialResult.verdict(complaints(), "each sandbox ended once and with a known reason, nothing leaked"));
        return lines;
    }

    private String uses(SandboxUse use) {
        return words(use) + ": "
                + Stream.of(SandboxLedger.How.values())
                        .map(how -> words(how) + " " + ledger.count(use, how))
                        .collect(Collectors.joining(", "));
    }

    private static String words(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
