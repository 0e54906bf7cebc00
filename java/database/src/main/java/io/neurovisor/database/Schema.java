package io.neurovisor.database;

import io.neurovisor.engine.fault.Fault;
import java.util.List;
import java.util.Optional;

/**
 * The tables of one kind of database, version by version.
 *
 * @param content the content of the database, as in "not of NeuroVisor's sessions"
 * @param applicationId identifies the database file as ours
 * @param unusable the fault of a database that is damaged or of a newer version
 * @param wayOut how to work without the database, as in "or keep no history"; empty if that is impossible
 * @param versions the statements that create each version from the one before. A released version is never changed,
 *     only followed by another
 */
public record Schema(
        String content, int applicationId, Fault unusable, Optional<String> wayOut, List<List<String>> versions) {
    public Schema {
        versions = versions.stream().map(List::copyOf).toList();
    }

    /** Returns the end of a message about an unusable database. */
    String alternative() {
        return wayOut.map(way -> ", or " + way).orElse("");
    }
}
