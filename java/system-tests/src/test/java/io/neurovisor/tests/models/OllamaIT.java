package io.neurovisor.tests.models;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.jspecify.annotations.Nullable;

/** A real Ollama of whoever runs the tests, where {@code OLLAMA_HOST} says that there is one. */
final class OllamaIT extends ModelServerContract {
    @Override
    RealServer server() {
        @Nullable String host = System.getenv("OLLAMA_HOST");
        assumeTrue(host != null && !host.isBlank(), "OLLAMA_HOST is not set");
        RunningOllama ollama = RunningOllama.at(host);
        assumeTrue(ollama.answers(), "nothing answers at OLLAMA_HOST=" + host);
        return ollama;
    }
}
