package io.neurovisor.bench.publication;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.bench.speed.SpeedReport;
import java.util.stream.Stream;

/**
 * The runs whose figures are published, in the form of {@link SpeedReport#json}.
 *
 * @param sandbox of scenario {@code sandbox}, or a missing node
 * @param firecracker of {@code bench/firecracker.sh}, or a missing node
 */
record PublishedRuns(JsonNode whole, JsonNode sandbox, JsonNode firecracker) {
    /** Returns the entries of an array of all runs. */
    Stream<JsonNode> all(String field) {
        return Stream.of(whole, sandbox, firecracker)
                .flatMap(run -> run.path(field).valueStream());
    }
}
