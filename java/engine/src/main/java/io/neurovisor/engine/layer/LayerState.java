package io.neurovisor.engine.layer;

import static java.util.Objects.requireNonNull;

import java.util.Locale;

/**
 * How one layer stands.
 *
 * @param detail what was read, for a person
 * @param fix how to switch it on; empty when it is live, and when nothing on this machine can
 */
public record LayerState(Layer layer, Status status, String detail, String fix) {
    public LayerState {
        requireNonNull(layer, "layer is null");
        requireNonNull(status, "status is null");
        requireNonNull(detail, "detail is null");
        requireNonNull(fix, "fix is null");
        if (detail.isEmpty()) {
            throw new IllegalArgumentException("detail of layer " + layer + " is empty");
        }
        if (status == Status.LIVE && !fix.isEmpty()) {
            throw new IllegalArgumentException("layer " + layer + " is live and has a fix");
        }
    }

    /** Whether a layer protects. */
    public enum Status {
        /** Read off the living process. */
        LIVE,
        /** This machine, or this version, cannot give it. */
        OFF,
        /** It should protect here and does not, or nobody could tell. */
        BROKEN;

        /** The name used in output: {@code live}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static LayerState live(Layer layer, String detail) {
        return new LayerState(layer, Status.LIVE, detail, "");
    }

    public static LayerState off(Layer layer, String detail, String fix) {
        return new LayerState(layer, Status.OFF, detail, fix);
    }

    public static LayerState broken(Layer layer, String detail, String fix) {
        return new LayerState(layer, Status.BROKEN, detail, fix);
    }
}
