package io.neurovisor.engine.progress;

/** Receives what long work is doing; called from the working thread, must not block it. */
public interface Progress {
    /** Reports to nobody. */
    Progress SILENT = new Progress() {
        @Override
        public void step(String message) {}

        @Override
        public void detail(String message) {}
    };

    /** A new step begins and the one before it, if any, is done. One short line, such as "Packing image base". */
    void step(String message);

    /** What the current step is doing right now; only the newest matters. */
    void detail(String message);
}
