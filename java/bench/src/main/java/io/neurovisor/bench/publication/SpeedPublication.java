package io.neurovisor.bench.publication;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.neurovisor.bench.speed.Scenario;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Publishes the last complete runs in the documents of the repository at {@code home}. */
public record SpeedPublication(Path home) {
    public static final String FULL = "bench/results/full.json";
    static final String FIRECRACKER = "bench/results/firecracker.json";
    public static final String SPANS = "bench/results/spans.json";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> DOCUMENTS = List.of(
            "README.md",
            "SPECIFICATION.md",
            "docs/performance.md",
            "docs/design/performance.md",
            "docs/design/sandbox-performance.md",
            "docs/design/interpreter-performance.md",
            "docs/design/e2b-performance.md");

    /** Returns the file of the last complete run of a scenario that is no part of a whole run. */
    public static String file(Scenario scenario) {
        return "bench/results/" + scenario.label() + ".json";
    }

    /** Writes values into a file, and creates its directory if necessary. */
    public static void keep(Path file, String json) {
        try {
            Path parent = file.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.writeString(file, json);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED, file + " cannot be written: " + exception.getMessage(), exception);
        }
    }

    /** Writes the figures into the documents; {@code changed} receives each document that has changed. */
    public void publish(Consumer<Path> changed) {
        Path values = home.resolve(FULL);
        try {
            Map<Scenario, JsonNode> separate = new EnumMap<>(Scenario.class);
            for (Scenario scenario : Scenario.separate()) {
                separate.put(scenario, ifThere(file(scenario)));
            }
            PublishedRuns runs = new PublishedRuns(JSON.readTree(values.toFile()), separate, ifThere(FIRECRACKER));
            JsonNode spans = ifThere(SPANS);
            for (String name : DOCUMENTS) {
                Path document = home.resolve(name);
                String before = Files.readString(document);
                String after = Published.document(before, runs, spans);
                if (!after.equals(before)) {
                    Files.writeString(document, after);
                    changed.accept(document);
                }
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    values + " cannot be published in the documents: " + exception.getMessage()
                            + "; measure first: ./neurovisor bench",
                    exception);
        }
    }

    private JsonNode ifThere(String name) throws IOException {
        Path file = home.resolve(name);
        return Files.exists(file) ? JSON.readTree(file.toFile()) : MissingNode.getInstance();
    }
}
