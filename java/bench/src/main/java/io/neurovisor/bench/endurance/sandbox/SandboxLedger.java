package io.neurovisor.bench.endurance.sandbox;

import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxRecord;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** All sandboxes of a run, and how their uses ended. Thread-safe. */
final class SandboxLedger {
    /** How a use of a sandbox ended. */
    enum How {
        RIGHT,
        /** The sandbox had ended, or ended meanwhile. */
        ENDED,
        /** The daemon had no machine, or the machine died before the sandbox went on in it. */
        REFUSED,
        /** The daemon was killed or stopped meanwhile. */
        DAEMON_LOST,
        /** Anything else. */
        WRONG
    }

    private record Counted(SandboxUse use, How how) {}

    private final Map<String, UsedSandbox> sandboxes = new ConcurrentHashMap<>();
    private final Map<Counted, AtomicInteger> uses = new ConcurrentHashMap<>();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    void begin(UsedSandbox sandbox) {
        sandboxes.put(sandbox.key(), sandbox);
    }

    void end(SandboxUse use, How how) {
        int _ = uses.computeIfAbsent(new Counted(use, how), _ -> new AtomicInteger())
                .incrementAndGet();
    }

    void wrong(SandboxUse use, String detail) {
        end(use, How.WRONG);
        wrong.add(use + " " + detail);
    }

    int count(SandboxUse use, How how) {
        AtomicInteger count = uses.get(new Counted(use, how));
        return count == null ? 0 : count.get();
    }

    /** Returns the numbers of the recorded ends of these sandboxes. */
    Map<SandboxEnd, Integer> ends(List<SandboxRecord> records) {
        Map<SandboxEnd, Integer> ends = new EnumMap<>(SandboxEnd.class);
        records.stream()
                .filter(record -> of(record).isPresent())
                .flatMap(record -> record.end().stream())
                .forEach(end -> ends.merge(end, 1, Integer::sum));
        return ends;
    }

    /** Returns how many sandboxes of this run are paused. */
    long paused(List<SandboxRecord> records) {
        return records.stream()
                .filter(SandboxRecord::isPaused)
                .filter(record -> of(record).isPresent())
                .count();
    }

    private Optional<UsedSandbox> of(SandboxRecord record) {
        Optional<UsedSandbox> asked = UsedSandbox.token(record).map(sandboxes::get);
        if (record.spec().forkedFrom().isEmpty()) {
            return asked;
        }
        return Optional.ofNullable(sandboxes.get(record.id().value())).or(() -> asked.map(UsedSandbox::unknownCopy));
    }

    /**
     * Returns a line for each wrong use, and for each sandbox that does not have exactly one record with an end that is
     * explained. One whose client did not receive its id may have none, and a fork any number of such copies.
     */
    List<String> complaints(List<SandboxRecord> records) {
        List<String> lines = new ArrayList<>(wrong);
        Map<String, Integer> found = new HashMap<>();
        records.forEach(record -> of(record).ifPresent(sandbox -> {
            sandbox.complaint(record).ifPresent(lines::add);
            if (record.spec().forkedFrom().isEmpty() || sandbox.isCreated()) {
                int _ = found.merge(sandbox.key(), 1, Integer::sum);
            }
        }));
        sandboxes.values().forEach(sandbox -> {
            int number = found.getOrDefault(sandbox.key(), 0);
            if (number > 1 || (number == 0 && sandbox.isCreated())) {
                lines.add("sandbox "
                        + (sandbox.isCreated() ? sandbox.id() : "with the label " + sandbox.key()) + " has " + number
                        + " records");
            }
        });
        return lines;
    }
}
