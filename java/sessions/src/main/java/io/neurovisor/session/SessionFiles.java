package io.neurovisor.session;

import io.neurovisor.database.Database;
import io.neurovisor.database.DatabaseFaults;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.files.PrivateFiles;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of recorded sessions, in one directory that only its owner can access. */
record SessionFiles(Path directory) {
    SessionFiles {
        directory = directory.toAbsolutePath().normalize();
    }

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

    /** Returns the lock that is held while the database is opened and while files of dead processes are examined. */
    Path lock() {
        return Database.lockOf(database());
    }

    Path running() {
        return directory.resolve("running");
    }

    /** Returns the file that the process of a run keeps locked while it is alive. */
    Path running(TraceId run) {
        return running().resolve(run.toString());
    }
}
