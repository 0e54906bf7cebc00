package io.neurovisor.engine.machine;

import java.util.Locale;

/**
 * What was done to a machine to save or continue its sandbox, with its time by the ticker.
 */
public record MachineStep(Kind kind, long startNanos, long endNanos) {
    public enum Kind {
        /** The programs are stopped in the guest. */
        FREEZE,
        /** The VMM is stopped and its state and memory are written. */
        SAVE,
        /** A clone of the template gets the saved state and memory. */
        LOAD,
        /** The guest is connected to and receives randomness, time and perhaps names. */
        REFRESH;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
