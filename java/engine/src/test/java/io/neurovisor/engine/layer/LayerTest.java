package io.neurovisor.engine.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class LayerTest {
    @Test
    void findsLayersByNumber() {
        for (Layer layer : Layer.values()) {
            assertThat(Layer.numbered(layer.number())).isEqualTo(layer);
        }
        assertThatThrownBy(() -> Layer.numbered(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
