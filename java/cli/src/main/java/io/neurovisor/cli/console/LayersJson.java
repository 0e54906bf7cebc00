package io.neurovisor.cli.console;

import com.fasterxml.jackson.core.JsonGenerator;
import io.neurovisor.engine.layer.LayerState;
import java.io.IOException;
import java.util.List;

/** Writes security layers in the form that all JSON output of the command line uses. */
public final class LayersJson {
    private LayersJson() {}

    /** Writes an array with one object per layer. */
    public static void write(JsonGenerator json, List<LayerState> layers) throws IOException {
        json.writeStartArray();
        for (LayerState state : layers) {
            json.writeStartObject();
            json.writeNumberField("layer", state.layer().number());
            json.writeStringField("name", state.layer().label());
            json.writeStringField("status", state.status().label());
            json.writeStringField("detail", state.detail());
            json.writeStringField("fix", state.fix());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
