package io.neurovisor.agent.provider;

/** The protocol of the model server. */
public enum ProviderChoice {
    /** Ollama, unless {@code --base-url} names a server that is not Ollama. */
    AUTO,
    OLLAMA,
    OPENAI
}
