package io.neurovisor.bench.endurance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.StorageFaults;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The entries of the audit log about the requests of a run. The daemon writes them to disk before it starts a program.
 *
 * @param begun how often each program was started, or may have been, by the digest of its text
 * @param unended the number of accepted programs without a recorded end
 */
record AuditTrail(Map<String, Integer> begun, int unended) {
    private static final ObjectMapper JSON = new ObjectMapper();

    AuditTrail {
        begun = Map.copyOf(begun);
    }

    static AuditTrail read(Path directory, List<ClientRequest> requests) {
        Map<String, Integer> begun = new HashMap<>();
        requests.forEach(request -> begun.put(request.digest(), 0));
        Map<String, List<String>> open = new HashMap<>();
        forEach(directory, line -> {
            String trace = line.path("trace_id").asText();
            String digest = line.path("code_sha256").asText();
            List<String> ofTrace = open.getOrDefault(trace, List.of());
            if (line.path("event").asText().equals("accepted") && begun.containsKey(digest)) {
                open.computeIfAbsent(trace, _ -> new ArrayList<>()).add(digest);
                int _ = begun.merge(digest, 1, Integer::sum);
            } else if (!ofTrace.isEmpty()) {
                String ended = ofTrace.removeLast();
                if (line.has("fault")) {
                    // The program was never started.
                    int _ = begun.merge(ended, -1, Integer::sum);
                }
            }
        });
        return new AuditTrail(begun, open.values().stream().mapToInt(List::size).sum());
    }

    /** Visits the lines from the oldest to the newest. */
    private static void forEach(Path directory, Consumer<JsonNode> consumer) {
        try (Stream<Path> all = Files.list(directory)) {
            List<Path> files = all.filter(path -> path.toString().endsWith(".jsonl"))
                    .sorted(Comparator.comparingInt(AuditTrail::age).reversed())
                    .toList();
            for (Path file : files) {
                try (BufferedReader lines = Files.newBufferedReader(file)) {
                    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                        // A line that was truncated when the daemon was killed has not started a program.
                        if (line.endsWith("}")) {
                            consumer.accept(JSON.readTree(line));
                        }
                    }
                }
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "the audit log in " + directory + " cannot be read: " + StorageFaults.reason(exception),
                    exception);
        }
    }

    /** {@code audit.jsonl} is the newest, {@code audit-1.jsonl} the next. */
    private static int age(Path file) {
        String digits = String.valueOf(file.getFileName()).replaceAll("\\D", "");
        return digits.isEmpty() ? 0 : Integer.parseInt(digits);
    }
}
