package io.neurovisor.bench.endurance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** All requests with their outcomes. Thread-safe. */
final class Ledger {
    private final Map<ClientRequest, List<RequestOutcome>> outcomes = new ConcurrentHashMap<>();

    void begin(ClientRequest request) {
        outcomes.put(request, List.of());
    }

    void end(ClientRequest request, RequestOutcome end) {
        List<RequestOutcome> _ = outcomes.computeIfPresent(request, (_, ends) -> {
            List<RequestOutcome> more = new ArrayList<>(ends);
            more.add(end);
            return List.copyOf(more);
        });
    }

    List<ClientRequest> requests() {
        return List.copyOf(outcomes.keySet());
    }

    long count(RequestKind kind) {
        return outcomes.keySet().stream()
                .filter(request -> request.kind() == kind)
                .count();
    }

    long count(RequestKind kind, RequestOutcome.How how) {
        return outcomes.entrySet().stream()
                .filter(entry -> entry.getKey().kind() == kind)
                .flatMap(entry -> entry.getValue().stream())
                .filter(end -> end.how() == how)
                .count();
    }

    /** Returns the sorted latencies of the requests that ended as planned. */
    List<Duration> times(RequestKind kind) {
        return outcomes.entrySet().stream()
                .filter(entry -> entry.getKey().kind() == kind)
                .flatMap(entry -> entry.getValue().stream())
                .filter(end -> end.how() == RequestOutcome.How.RIGHT || end.how() == RequestOutcome.How.GONE)
                .map(RequestOutcome::took)
                .sorted()
                .toList();
    }

    /** Returns a line for each request without an outcome, and for each wrong outcome. */
    List<String> complaints() {
        List<String> lines = new ArrayList<>();
        outcomes.forEach((request, ends) -> {
            if (ends.size() != 1) {
                lines.add(request.kind() + " " + request.token() + " has " + ends.size() + " outcomes");
            }
            ends.stream()
                    .filter(end -> end.how() == RequestOutcome.How.WRONG)
                    .forEach(end -> lines.add(request.kind() + " " + request.token() + " " + end.detail()));
        });
        return lines;
    }
}
