package io.neurovisor.agent.provider;

/** Which protocol the model's server speaks. */
public enum ProviderChoice {
    /** Ollama's, unless another address is given and the server there is no Ollama. */
    AUTO,
    OLLAMA,
    OPENAI
}
