package io.neurovisor.bench.publication;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.neurovisor.bench.speed.Scenario;
import io.neurovisor.bench.speed.SpeedReport;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The runs whose figures are published, in the form of {@link SpeedReport#json}.
 *
 * @param separate those of scenarios that are no part of a whole run, or missing nodes
 * @param firecracker of {@code bench/firecracker.sh}, or a missing node
 */
record PublishedRuns(JsonNode whole, Map<Scenario, JsonNode> separate, JsonNode firecracker) {
    PublishedRuns {
        separate = Map.copyOf(separate);
    }

    /** Returns the run of a scenario, or a missing node. */
    JsonNode of(Scenario scenario) {
        return separate.getOrDefault(scenario, MissingNode.getInstance());
    }

    /** Returns the entries of an array of all runs. */
    Stream<JsonNode> all(String field) {
        return Stream.of(Stream.of(whole), Scenario.separate().stream().map(this::of), Stream.of(firecracker))
                .flatMap(runs -> runs)
                .flatMap(run -> run.path(field).valueStream());
    }
}
