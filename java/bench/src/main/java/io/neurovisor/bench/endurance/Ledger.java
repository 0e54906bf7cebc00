package io.neurovisor.bench.endurance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Every job with its end. */
final class Ledger {
    private final Map<Job, List<End>> jobs = new ConcurrentHashMap<>();

    void begin(Job job) {
        jobs.put(job, List.of());
    }

    void end(Job job, End end) {
        List<End> _ = jobs.computeIfPresent(job, (_, ends) -> {
            List<End> more = new ArrayList<>(ends);
            more.add(end);
            return List.copyOf(more);
        });
    }

    List<Job> jobs() {
        return List.copyOf(jobs.keySet());
    }

    long count(Kind kind) {
        return jobs.keySet().stream().filter(job -> job.kind() == kind).count();
    }

    long count(Kind kind, End.How how) {
        return jobs.entrySet().stream()
                .filter(entry -> entry.getKey().kind() == kind)
                .flatMap(entry -> entry.getValue().stream())
                .filter(end -> end.how() == how)
                .count();
    }

    /** Of those that ended right, in order. */
    List<Duration> times(Kind kind) {
        return jobs.entrySet().stream()
                .filter(entry -> entry.getKey().kind() == kind)
                .flatMap(entry -> entry.getValue().stream())
                .filter(end -> end.how() == End.How.RIGHT || end.how() == End.How.GONE)
                .map(End::took)
                .sorted()
                .toList();
    }

    /** A line for each job without an end, and for each end that is wrong. */
    List<String> complaints() {
        List<String> lines = new ArrayList<>();
        jobs.forEach((job, ends) -> {
            if (ends.size() != 1) {
                lines.add(job.kind() + " " + job.token() + " has " + ends.size() + " ends");
            }
            ends.stream()
                    .filter(end -> end.how() == End.How.WRONG)
                    .forEach(end -> lines.add(job.kind() + " " + job.token() + " " + end.detail()));
        });
        return lines;
    }
}
