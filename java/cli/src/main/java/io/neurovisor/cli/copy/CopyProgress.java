package io.neurovisor.cli.copy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.cli.console.Table;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.function.Consumer;

/** Shows how much has been copied, once a copy takes longer than {@link #PATIENCE}, and what is left out. Thread-safe. */
public final class CopyProgress {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Progress progress;
    private final Consumer<String> problems;
    private final Deadline start;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private boolean shown;

    @GuardedBy("lock")
    private long files;

    @GuardedBy("lock")
    private long bytes;

    @GuardedBy("lock")
    private boolean complete = true;

    /** @param problems receives a line for each file that is left out */
    public CopyProgress(Progress progress, Consumer<String> problems, Ticker ticker) {
        this.progress = progress;
        this.problems = problems;
        this.start = Deadline.after(PATIENCE, ticker);
    }

    /** Returns the number of files that have been copied to their ends. */
    public long files() {
        synchronized (lock) {
            return files;
        }
    }

    /** Returns whether nothing was left out. */
    boolean isComplete() {
        synchronized (lock) {
            return complete;
        }
    }

    void file() {
        synchronized (lock) {
            files++;
        }
    }

    void bytes(int more) {
        synchronized (lock) {
            bytes += more;
            if (!start.hasPassed()) {
                return;
            }
            if (!shown) {
                shown = true;
                progress.step("Copying");
            }
            progress.detail(Table.size(bytes) + (files > 0 ? ", files copied: " + files : ""));
        }
    }

    /** Copies one of many files, or leaves it out if the failure is its own. */
    void attempt(Runnable copy) {
        try {
            copy.run();
        } catch (NeuroVisorException failure) {
            if (!GuestPath.isOfOneFile(failure)) {
                throw failure;
            }
            leaveOut(String.valueOf(failure.getMessage()));
        }
    }

    void leaveOut(String problem) {
        synchronized (lock) {
            complete = false;
            problems.accept("not copied: " + problem);
        }
    }
}
