package io.neurovisor.engine.progress;

/** Receives the progress of long-running work in the working thread; implementations must not block. */
public interface Progress {
    /** Ignores all reports. */
    Progress SILENT = new Progress() {
        @Override
        public void step(String message) {}

        @Override
        public void detail(String message) {}
    };

    /** Begins a new step and ends the previous one. The message is one short line, such as "Packing image base". */
    void step(String message);

    /** Reports what the current step is doing; only the newest report matters. */
    void detail(String message);
}
