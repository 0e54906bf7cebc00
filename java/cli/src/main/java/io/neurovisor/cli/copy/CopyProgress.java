package io.neurovisor.cli.copy;

import io.neurovisor.cli.console.Table;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;

/** Shows how much has been copied, once a copy takes longer than {@link #PATIENCE}. Not thread-safe. */
public final class CopyProgress {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Progress progress;
    private final Deadline start;
    private boolean shown;
    private long files;
    private long bytes;

    public CopyProgress(Progress progress, Ticker ticker) {
        this.progress = progress;
        this.start = Deadline.after(PATIENCE, ticker);
    }

    void file() {
        files++;
    }

    void bytes(int more) {
        bytes += more;
        if (!start.hasPassed()) {
            return;
        }
        if (!shown) {
            shown = true;
            progress.step("Copying");
        }
        progress.detail(Table.size(bytes) + (files > 1 ? " in " + files + " files" : ""));
    }
}
