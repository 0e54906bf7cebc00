package io.neurovisor.engine.layer;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Without which layers nothing is to run. */
public record RequiredLayers(Set<Layer> layers) {
    public static final RequiredLayers NONE = new RequiredLayers(Set.of());
    public static final RequiredLayers ALL = new RequiredLayers(EnumSet.allOf(Layer.class));

    public RequiredLayers {
        layers = Set.copyOf(layers);
    }

    /** By their numbers, such as {@code 1,2,3,4,6}. Throws {@link IllegalArgumentException} for anything else. */
    public static RequiredLayers numbered(String numbers) {
        return new RequiredLayers(Arrays.stream(numbers.split(",", -1))
                .map(number -> Layer.numbered(Integer.parseInt(number)))
                .collect(Collectors.toSet()));
    }

    /**
     * Fails with {@code LAYER_MISSING} where one of them is not live.
     *
     * @param read off a machine that nobody has used
     */
    public void check(List<LayerState> read) {
        for (Layer layer : new TreeSet<>(layers)) {
            LayerState state = read.stream()
                    .filter(candidate -> candidate.layer() == layer)
                    .findFirst()
                    .orElseGet(() -> LayerState.broken(layer, "not read", ""));
            if (state.status() != LayerState.Status.LIVE) {
                throw new NeuroVisorException(
                        Fault.LAYER_MISSING,
                        "layer %d (%s), which --strict asks for, is %s: %s%s"
                                .formatted(
                                        layer.number(),
                                        layer.label(),
                                        state.status().label(),
                                        state.detail(),
                                        state.fix().isEmpty() ? "" : "; " + state.fix()));
            }
        }
    }

    /** Their numbers, in order: {@code 1,2,3}. */
    @Override
    public String toString() {
        return new TreeSet<>(layers)
                .stream().map(layer -> Integer.toString(layer.number())).collect(Collectors.joining(","));
    }
}
