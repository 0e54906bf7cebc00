package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options about the language model and what a task may take of it. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class ModelOptions {
    @Option(
            names = "--model",
            paramLabel = "NAME",
            description = "The language model, as its server names it. Default: qwen3, or the only one of an"
                    + " OpenAI-compatible server. Environment: NEUROVISOR_MODEL.")
    private @Nullable String model;

    @Option(
            names = "--provider",
            paramLabel = "auto|ollama|openai",
            completionCandidates = SettingCandidates.Providers.class,
            description =
                    "The protocol of the model's server. Default: auto, Ollama's unless --base-url leads to another"
                            + " server. Environment: NEUROVISOR_PROVIDER.")
    private @Nullable String provider;

    @Option(
            names = "--base-url",
            paramLabel = "URL",
            description = "Where that server is. Default: auto, --ollama-host, or OpenAI's own with --provider openai."
                    + " Environment: NEUROVISOR_BASE_URL.")
    private @Nullable String baseUrl;

    @Option(
            names = "--ollama-host",
            paramLabel = "HOST",
            description = "Where Ollama is, in every form that its own tools read. Default: http://localhost:11434."
                    + " Environment: OLLAMA_HOST.")
    private @Nullable String ollamaHost;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "Holds the key for the server. Default: off, the key is taken from NEUROVISOR_API_KEY, with"
                    + " --provider openai also from OPENAI_API_KEY. Environment: NEUROVISOR_API_KEY_FILE.")
    private @Nullable String apiKeyFile;

    @Option(
            names = "--keep-alive",
            paramLabel = "auto|TIME",
            description =
                    "How long Ollama keeps the model in memory after a request, 1s to 24h. Default: auto, as long as"
                            + " Ollama likes. Environment: NEUROVISOR_KEEP_ALIVE.")
    private @Nullable String keepAlive;

    @Option(
            names = "--max-iterations",
            paramLabel = "N",
            description = "How often the model is asked. Default: 10. Environment: NEUROVISOR_MAX_ITERATIONS.")
    private @Nullable String maxIterations;

    @Option(
            names = "--max-tool-calls",
            paramLabel = "N",
            description = "How many programs it may have run. Default: 100. Environment: NEUROVISOR_MAX_TOOL_CALLS.")
    private @Nullable String maxToolCalls;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description =
                    "How much it may read and write in all. Default: 1000000. Environment: NEUROVISOR_MAX_TOKENS.")
    private @Nullable String maxTokens;

    @Option(
            names = "--agent-timeout",
            paramLabel = "TIME",
            description =
                    "What the whole task may take, 1s to 24h. Default: 1h. Environment:" + " NEUROVISOR_AGENT_TIMEOUT.")
    private @Nullable String agentTimeout;
}
