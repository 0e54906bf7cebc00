package io.neurovisor.examples;

import io.neurovisor.engine.layer.LayerState;

/** Thrown when an example tests a layer that this host, or its settings, do not provide. */
public final class MissingLayer extends RuntimeException {
    private static final long serialVersionUID = 1;

    MissingLayer(LayerState state) {
        super("layer %d (%s) is off: %s%s"
                .formatted(
                        state.layer().number(),
                        state.layer().label(),
                        state.detail(),
                        state.fix().isEmpty() ? "" : "; " + state.fix()));
    }
}
