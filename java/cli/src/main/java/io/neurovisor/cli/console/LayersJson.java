package io.neurovisor.cli.console;

import com.fasterxml.jackson.core.JsonGenerator;
import io.neurovisor.engine.layer.LayerState;
import java.io.IOException;
import java.util.List;

/** The layers as every JSON object of the command line tells them. */
public final class LayersJson {
    private LayersJson() {}

    /** Writes an array with an object for each. */
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
