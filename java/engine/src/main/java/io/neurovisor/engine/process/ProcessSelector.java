package io.neurovisor.engine.process;

/** Names a process of a sandbox. */
public sealed interface ProcessSelector {
    /** By its number in the sandbox. */
    record Pid(int pid) implements ProcessSelector {
        @Override
        public String toString() {
            return "process " + pid;
        }
    }

    /** By the name that its starter chose. */
    record Tag(String tag) implements ProcessSelector {
        @Override
        public String toString() {
            return "process \"" + tag + "\"";
        }
    }
}
