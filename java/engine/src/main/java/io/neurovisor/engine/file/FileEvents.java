package io.neurovisor.engine.file;

import java.util.List;

/** The changes below a watched directory. For one thread, but {@link #close} may be called by any. */
public interface FileEvents extends AutoCloseable {
    /** Returns the next changes; blocks until there is one. Interrupting the thread ends the wait. */
    List<FileEvent> next();

    @Override
    void close();
}
