package io.neurovisor.agent.provider;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * The choice of a model and its server. The string representation does not contain the key.
 *
 * @param model the name on the server
 * @param isUsual whether this is the default model
 * @param baseUrl the address of the server; empty for the default of the protocol
 * @param ollamaHost the default address of Ollama
 * @param keepAlive how long Ollama keeps the model in memory after a request; empty for its default
 * @param vision whether images are sent to the model
 */
public record ModelChoice(
        ProviderChoice provider,
        String model,
        boolean isUsual,
        Optional<URI> baseUrl,
        URI ollamaHost,
        Optional<String> apiKey,
        Optional<Duration> keepAlive,
        VisionChoice vision) {
    public ModelChoice {
        requireNonNull(provider, "provider is null");
        requireNonNull(model, "model is null");
        requireNonNull(baseUrl, "baseUrl is null");
        requireNonNull(ollamaHost, "ollamaHost is null");
        requireNonNull(apiKey, "apiKey is null");
        requireNonNull(keepAlive, "keepAlive is null");
        requireNonNull(vision, "vision is null");
    }

    /** Returns the choice of a model on an Ollama server. */
    public static ModelChoice ollama(URI host, String model) {
        return new ModelChoice(
                ProviderChoice.OLLAMA,
                model,
                false,
                Optional.empty(),
                host,
                Optional.empty(),
                Optional.empty(),
                VisionChoice.AUTO);
    }

    @Override
    public String toString() {
        return "ModelChoice[" + provider + ", " + model + "]";
    }
}
