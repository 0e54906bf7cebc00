package io.neurovisor.tests.models;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.jspecify.annotations.Nullable;

/** Tests the Ollama server that {@code OLLAMA_HOST} names, if any. */
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
