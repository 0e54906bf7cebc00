package io.neurovisor.session;

import io.neurovisor.database.Database;
import io.neurovisor.database.DatabaseFaults;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.files.PrivateFiles;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where everything about sessions lies: in one directory, which only its owner can enter. */
record SessionFiles(Path directory) {
    SessionFiles {
        directory = directory.toAbsolutePath().normalize();
    }

    /** Makes the directories that are not there yet. */
    void create() {
        PrivateFiles.directory(directory);
        PrivateFiles.directory(running());
    }

    boolean exist() {
        return Files.exists(database());
    }

    Path database() {
        return directory.resolve("sessions.db");
    }

    DatabaseFaults faults() {
        return new DatabaseFaults(database(), SessionTables.SCHEMA);
    }

    /** Held while the database is opened and while what dead processes left is looked at. */
    Path lock() {
        return Database.lockOf(database());
    }

    Path running() {
        return directory.resolve("running");
    }

    /** A file that the process of a run keeps locked as long as it lives. */
    Path running(TraceId run) {
        return running().resolve(run.toString());
    }
}
