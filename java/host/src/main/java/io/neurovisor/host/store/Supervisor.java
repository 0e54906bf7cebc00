package io.neurovisor.host.store;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;

/**
 * Where this process makes what must not outlive it half-made. Somebody who survives this process removes what is held and
 * ends the tools that run, however this process ends.
 */
public interface Supervisor {
    /**
     * Holds what is about to be made, in a directory that is there; returns once that is written down.
     *
     * @param scratch a {@link StagedDirectory} or the file of a process in the {@link UseRegistry}
     */
    Held hold(Path scratch);

    /** A run of tools, joined by pipes. */
    Tool tool(ToolCommand first, ToolCommand... piped);

    /**
     * Removes a half-made directory. What an ordinary user's packages have given to their other users can only be entered
     * as the root of a user namespace in which they exist.
     */
    default void remove(Path halfMade) {
        try {
            PrivateFiles.delete(halfMade);
        } catch (NeuroVisorException failure) {
            ToolCommand remove =
                    ToolCommand.of("rm", "coreutils", "-rf", "--one-file-system", "--", halfMade.toString());
            if (tool(remove.asNamespaceRoot()).run().exitCode() != 0) {
                throw failure;
            }
        }
    }

    /** The promise to remove something; to be closed when it is gone or has its final name. */
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /** Nobody's: for a process that only looks. What it were to leave, the next builder of the same name removes. */
    static Supervisor unattended() {
        return new Unsupervised();
    }
}
