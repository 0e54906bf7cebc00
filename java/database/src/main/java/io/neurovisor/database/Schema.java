package io.neurovisor.database;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import java.util.List;
import java.util.Optional;

/**
 * The tables of one kind of database, version by version.
 *
 * @param content what the database holds, as in "none of NeuroVisor's sessions"
 * @param applicationId tells the database from everybody else's
 * @param unusable the fault of a database that is damaged, or of a newer version
 * @param wayOut what a user can do who wants to go on without the database, as in "or keep no history"; empty where
 *     nothing goes on without it
 * @param versions the statements that make each version out of the one before. A released version is never changed, only
 *     followed by another
 */
public record Schema(
        String content, int applicationId, Fault unusable, Optional<String> wayOut, List<List<String>> versions) {
    public Schema {
        requireNonNull(content, "content is null");
        requireNonNull(unusable, "unusable is null");
        requireNonNull(wayOut, "wayOut is null");
        versions = versions.stream().map(List::copyOf).toList();
    }

    /** The end of a sentence about a database that cannot be used. */
    String alternative() {
        return wayOut.map(way -> ", or " + way).orElse("");
    }
}
