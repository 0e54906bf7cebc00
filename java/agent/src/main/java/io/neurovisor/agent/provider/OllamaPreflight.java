package io.neurovisor.agent.provider;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.neurovisor.agent.model.ModelFailure;
import java.util.Map;

/** What Ollama says of itself and of a model. */
final class OllamaPreflight {
    /** Where the server does not say, what all of today's models can. */
    private static final int USUAL_CONTEXT = 8192;

    /** The memory for more would be a surprise on a small machine. */
    private static final int LARGEST_CONTEXT = 16_384;

    private static final String STRANGER =
            "this is no Ollama; for an OpenAI-compatible server give --provider openai --base-url URL";

    private final ServerAddress address;
    private final ServerConnection connection;

    OllamaPreflight(ServerAddress address, ServerConnection connection) {
        this.address = requireNonNull(address, "address is null");
        this.connection = requireNonNull(connection, "connection is null");
    }

    ServedModel open(ModelChoice choice, ServerConnection.Patience patience) {
        JsonNode shown = show(choice.model());
        int context = context(shown);
        return new ServedModel(
                choice.model(),
                address,
                context,
                hasTools(shown),
                new OllamaProtocol(address, choice.model(), context, choice.keepAlive()),
                patience);
    }

    private JsonNode show(String model) {
        try {
            return connection.object(
                    connection.post(
                            "/api/show",
                            JsonNodeFactory.instance
                                    .objectNode()
                                    .put("model", model)
                                    .toString()),
                    STRANGER);
        } catch (ModelFailure failure) {
            String fix = switch (failure.reason()) {
                case UNREACHABLE -> "; start it with: ollama serve";
                case MODEL_MISSING -> "; get the model with: ollama pull " + model;
                default -> "";
            };
            throw new ModelFailure(failure.reason(), failure.explanation() + fix, failure);
        }
    }

    /** An old server has no list of capabilities; it refuses a request with tools if it has to. */
    private static boolean hasTools(JsonNode shown) {
        JsonNode capabilities = shown.path("capabilities");
        if (!capabilities.isArray()) {
            return true;
        }
        for (JsonNode capability : capabilities) {
            if (capability.asText().equals("tools")) {
                return true;
            }
        }
        return false;
    }

    private static int context(JsonNode shown) {
        for (Map.Entry<String, JsonNode> property : shown.path("model_info").properties()) {
            if (property.getKey().endsWith(".context_length")
                    && property.getValue().asInt() > 0) {
                return Math.min(property.getValue().asInt(), LARGEST_CONTEXT);
            }
        }
        return USUAL_CONTEXT;
    }
}
