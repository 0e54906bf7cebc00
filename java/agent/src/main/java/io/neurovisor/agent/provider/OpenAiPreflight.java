package io.neurovisor.agent.provider;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.neurovisor.agent.model.ModelFailure;
import java.util.ArrayList;
import java.util.List;

/** Checks an OpenAI-compatible server and its model before the first request. */
record OpenAiPreflight(ServerAddress address, ServerConnection connection) {
    private static final int USUAL_CONTEXT = 16_384;
    private static final int SHOWN_MODELS = 5;
    private static final String STRANGER = "this is not an OpenAI-compatible server; check --base-url";

    ServedModel open(ModelChoice choice, ServerConnection.ReadTimeouts timeouts) {
        JsonNode models = models().path("data");
        String name = name(models, choice);
        JsonNode properties = properties();
        return new ServedModel(
                name,
                address,
                context(models, name, properties),
                true,
                choice.vision()
                        .allows(() ->
                                properties.path("modalities").path("vision").asBoolean()),
                new OpenAiProtocol(address, name),
                timeouts);
    }

    private JsonNode models() {
        try {
            return connection.object(connection.get("/models"), STRANGER);
        } catch (ModelFailure failure) {
            if (failure.reason() == ModelFailure.Reason.MODEL_MISSING) {
                throw new ModelFailure(
                        ModelFailure.Reason.REFUSED,
                        address.shown() + " has no /models; check --base-url, which ends with /v1 for most servers",
                        failure);
            }
            String fix = switch (failure.reason()) {
                case UNREACHABLE -> "; start the server, or name another one with --base-url";
                case REFUSED -> "; its key is taken from NEUROVISOR_API_KEY, OPENAI_API_KEY or --api-key-file";
                default -> "";
            };
            throw new ModelFailure(failure.reason(), failure.explanation() + fix, failure);
        }
    }

    /** Returns the name of the model; a server with a single model serves it under any name. */
    private String name(JsonNode models, ModelChoice choice) {
        List<String> names = new ArrayList<>();
        models.forEach(model -> names.add(model.path("id").asText()));
        if (names.contains(choice.model()) || names.isEmpty()) {
            return choice.model();
        }
        if (choice.isUsual() && names.size() == 1) {
            return names.getFirst();
        }
        throw new ModelFailure(
                ModelFailure.Reason.MODEL_MISSING,
                "%s has no model \"%s\"; choose with --model, there are: %s"
                        .formatted(
                                address.shown(),
                                choice.model(),
                                ConnectionFailures.line(String.join(
                                        ", ", names.stream().limit(SHOWN_MODELS).toList()))));
    }

    /** Returns what llama-server says about its model; nothing for other servers. */
    private JsonNode properties() {
        try {
            return connection.object(connection.get(address.root(), "/props"), STRANGER);
        } catch (ModelFailure noLlamaServer) {
            return MissingNode.getInstance();
        }
    }

    /** Returns the context window, which vLLM and llama-server report in different fields. */
    private static int context(JsonNode models, String name, JsonNode properties) {
        for (JsonNode model : models) {
            if (model.path("id").asText().equals(name)
                    && model.path("max_model_len").asInt() > 0) {
                return model.path("max_model_len").asInt();
            }
        }
        int served =
                properties.path("default_generation_settings").path("n_ctx").asInt();
        return served > 0 ? served : USUAL_CONTEXT;
    }
}
