package io.neurovisor.host.store;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;

/**
 * Supervises the unfinished work of this process: when the process ends for any reason, the supervisor removes the
 * files that are held and ends the tools that run.
 */
public interface Supervisor {
    /**
     * Registers a path for removal; returns when that is recorded, and only then may the path be created.
     *
     * @param scratch a {@link StagedDirectory} or the file of a process in the {@link UseRegistry}
     */
    Held hold(Path scratch);

    /** Returns a run of tools that are joined by pipes and supervised. */
    Tool tool(ToolCommand first, ToolCommand... piped);

    /**
     * Removes a half-made directory. If an ordinary user's packages have given files to other users, only the root of a
     * user namespace with these users can remove it.
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

    /** A registration for removal, to be closed when the path has been removed or has its final name. */
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Returns a supervisor for a process that only reads. Should it leave files, the next builder of the same name
     * removes them.
     */
    static Supervisor none() {
        return new Supervisor() {
            @Override
            public Held hold(Path scratch) {
                return () -> {};
            }

            @Override
            public Tool tool(ToolCommand first, ToolCommand... piped) {
                return Tool.of(first, piped);
            }
        };
    }
}
