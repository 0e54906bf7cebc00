package io.neurovisor.engine.layer;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The layers that must be live before a program runs. */
public record RequiredLayers(Set<Layer> layers) {
    public static final RequiredLayers NONE = new RequiredLayers(Set.of());
    public static final RequiredLayers ALL = new RequiredLayers(EnumSet.allOf(Layer.class));

    public RequiredLayers {
        layers = Set.copyOf(layers);
    }

    /** Parses layer numbers such as {@code 1,2,3,4,6}; throws {@link IllegalArgumentException} for any other text. */
    public static RequiredLayers numbered(String numbers) {
        return new RequiredLayers(Arrays.stream(numbers.split(",", -1))
                .map(number -> Layer.numbered(Integer.parseInt(number)))
                .collect(Collectors.toSet()));
    }

    /**
     * Throws {@code LAYER_MISSING} if one of the layers is not live.
     *
     * @param read the layers of a machine that no program has used
     */
    public void check(List<LayerState> read) {
        for (Layer layer : new TreeSet<>(layers)) {
            LayerState state = read.stream()
                    .filter(candidate -> candidate.layer() == layer)
                    .findFirst()
                    .orElseGet(() -> LayerState.unknown(layer, "not read"));
            if (state.status() != LayerState.Status.LIVE) {
                throw new NeuroVisorException(
                        Fault.LAYER_MISSING,
                        "layer %d (%s), which --strict requires, is %s: %s%s"
                                .formatted(
                                        layer.number(),
                                        layer.label(),
                                        state.status().label(),
                                        state.detail(),
                                        state.fix().isEmpty() ? "" : "; " + state.fix()));
            }
        }
    }

    /** Returns the layer numbers in order: {@code 1,2,3}. */
    @Override
    public String toString() {
        return new TreeSet<>(layers)
                .stream().map(layer -> Integer.toString(layer.number())).collect(Collectors.joining(","));
    }
}
