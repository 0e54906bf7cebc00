package io.neurovisor.engine.layer;

import java.util.Locale;

/**
 * The state of one layer.
 *
 * @param detail what was read, for people
 * @param fix how to enable the layer; empty if it is live or cannot be enabled on this host
 */
public record LayerState(Layer layer, Status status, String detail, String fix) {
    public LayerState {
        if (detail.isEmpty()) {
            throw new IllegalArgumentException("detail of layer " + layer + " is empty");
        }
        if (status == Status.LIVE && !fix.isEmpty()) {
            throw new IllegalArgumentException("layer " + layer + " is live and has a fix");
        }
    }

    /** The protection status of a layer. */
    public enum Status {
        /** The layer was read off the running process and is in force. */
        LIVE,
        /** This host or this version does not support the layer. */
        OFF,
        /** The layer should be in force and is not, or a running machine does not let it be read. */
        BROKEN,
        /** There was no running machine to read the layer off. */
        UNKNOWN;

        /** Returns the name for output: {@code live}. */
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

    public static LayerState unknown(Layer layer, String detail) {
        return new LayerState(layer, Status.UNKNOWN, detail, "");
    }
}
