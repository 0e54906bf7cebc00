package io.neurovisor.agent.provider;

import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.ollama.OllamaChatRequestParameters;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The native protocol of Ollama. */
record OllamaProtocol(ServerAddress address, String model, int contextTokens, Optional<Duration> keepAlive)
        implements ServedModel.Protocol {
    @Override
    public StreamCheck check() {
        return new OllamaStream();
    }

    @Override
    public StreamingChatModel model(HttpClientBuilder client) {
        OllamaChatRequestParameters.Builder parameters = OllamaChatRequestParameters.builder();
        keepAlive.ifPresent(time -> parameters.keepAlive(Math.toIntExact(time.toSeconds())));
        return OllamaStreamingChatModel.builder()
                .defaultRequestParameters(parameters.build())
                .httpClientBuilder(client)
                .baseUrl(address.base().toString())
                .customHeaders(address.apiKey()
                        .map(key -> Map.of("Authorization", "Bearer " + key))
                        .orElse(Map.of()))
                .modelName(model)
                // Without it the server uses its small default window and silently drops the beginning.
                .numCtx(contextTokens)
                .build();
    }
}
