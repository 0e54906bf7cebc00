package io.neurovisor.examples;

import io.neurovisor.engine.layer.LayerState;

/** An example puts a layer to the test that this machine, or these settings, cannot give. */
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
