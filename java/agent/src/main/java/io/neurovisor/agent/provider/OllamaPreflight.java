package io.neurovisor.agent.provider;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.neurovisor.agent.model.ModelFailure;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Checks an Ollama server and its model before the first request. */
record OllamaPreflight(ServerAddress address, ServerConnection connection) {
    /** The context window if the server reports none; all current models have this size. */
    private static final int USUAL_CONTEXT = 8192;

    /** The limit of the context window, which bounds the memory use of the server. */
    private static final int LARGEST_CONTEXT = 16_384;

    private static final String STRANGER =
            "this is not an Ollama server; for an OpenAI-compatible server give --provider openai --base-url URL";

    ServedModel open(ModelChoice choice, ServerConnection.ReadTimeouts timeouts) {
        JsonNode shown = show(choice.model());
        int context = context(shown);
        return new ServedModel(
                choice.model(),
                address,
                context,
                // Old servers have no list of capabilities, and reject a request with tools later.
                !shown.path("capabilities").isArray() || capabilities(shown).contains("tools"),
                choice.vision().allows(() -> capabilities(shown).contains("vision")),
                new OllamaProtocol(address, choice.model(), context, choice.keepAlive()),
                timeouts);
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
                case UNREACHABLE ->
                    "; start Ollama (https://ollama.com/download) with: ollama serve, or name any OpenAI-compatible server with"
                            + " --base-url";
                case MODEL_MISSING -> "; get the model with: ollama pull " + model;
                default -> "";
            };
            throw new ModelFailure(failure.reason(), failure.explanation() + fix, failure);
        }
    }

    /** Returns what the model can do; nothing for old servers. */
    private static Set<String> capabilities(JsonNode shown) {
        Set<String> capabilities = new HashSet<>();
        shown.path("capabilities").forEach(capability -> capabilities.add(capability.asText()));
        return capabilities;
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
