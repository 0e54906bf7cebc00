package io.neurovisor.tests.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.provider.ModelChoice;
import io.neurovisor.agent.provider.OllamaHost;
import io.neurovisor.tests.fixtures.JsonOverHttp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** A running Ollama server with the model {@code NEUROVISOR_MODEL}, or else its first one that supports tools. */
record RunningOllama(URI host) implements RealServer {
    static RunningOllama at(String host) {
        return new RunningOllama(
                OllamaHost.parse(host).orElseThrow(() -> new AssertionError("OLLAMA_HOST=" + host + " is no address")));
    }

    boolean answers() {
        try {
            return JsonOverHttp.get(url("/api/version")).has("version");
        } catch (IOException unreachable) {
            return false;
        }
    }

    @Override
    public ModelChoice choice() {
        return ModelChoice.ollama(host, model());
    }

    @Override
    public List<String> arguments() {
        return List.of("--provider=ollama", "--ollama-host=" + host, "--model=" + model());
    }

    @Override
    public int promptTokens(String prompt, int contextTokens) throws IOException {
        ObjectNode request =
                JsonNodeFactory.instance.objectNode().put("model", model()).put("stream", false);
        request.putArray("messages").addObject().put("role", "user").put("content", prompt);
        request.putObject("options").put("num_predict", 1).put("num_ctx", contextTokens);
        return JsonOverHttp.post(url("/api/chat"), request)
                .path("prompt_eval_count")
                .asInt();
    }

    private String model() {
        return Optional.ofNullable(System.getenv("NEUROVISOR_MODEL")).orElseGet(this::firstWithTools);
    }

    private String firstWithTools() {
        try {
            return StreamSupport.stream(
                            JsonOverHttp.get(url("/api/tags")).path("models").spliterator(), false)
                    .map(model -> model.path("name").asText())
                    .filter(this::hasTools)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(host + " has no model that knows tools"));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private boolean hasTools(String model) {
        try {
            JsonNode shown = JsonOverHttp.post(
                    url("/api/show"), JsonNodeFactory.instance.objectNode().put("model", model));
            return StreamSupport.stream(shown.path("capabilities").spliterator(), false)
                    .anyMatch(capability -> capability.asText().equals("tools"));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private String url(String path) {
        return host + path;
    }
}
