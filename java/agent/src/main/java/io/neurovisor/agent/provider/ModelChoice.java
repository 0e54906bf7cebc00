package io.neurovisor.agent.provider;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * Which model to ask, and where. Its textual form has no key.
 *
 * @param model as its server names it
 * @param isUsual whether nobody has asked for this model in particular
 * @param baseUrl where the server is; empty for the protocol's usual place
 * @param ollamaHost that place for Ollama
 * @param keepAlive how long an Ollama keeps the model in memory after a request; empty for as long as it likes
 */
public record ModelChoice(
        ProviderChoice provider,
        String model,
        boolean isUsual,
        Optional<URI> baseUrl,
        URI ollamaHost,
        Optional<String> apiKey,
        Optional<Duration> keepAlive) {
    public ModelChoice {
        requireNonNull(provider, "provider is null");
        requireNonNull(model, "model is null");
        requireNonNull(baseUrl, "baseUrl is null");
        requireNonNull(ollamaHost, "ollamaHost is null");
        requireNonNull(apiKey, "apiKey is null");
        requireNonNull(keepAlive, "keepAlive is null");
    }

    /** A model of an Ollama. */
    public static ModelChoice ollama(URI host, String model) {
        return new ModelChoice(
                ProviderChoice.OLLAMA, model, false, Optional.empty(), host, Optional.empty(), Optional.empty());
    }

    @Override
    public String toString() {
        return "ModelChoice[" + provider + ", " + model + "]";
    }
}
