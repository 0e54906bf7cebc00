package io.neurovisor.server.config;

import io.neurovisor.agent.provider.OllamaHost;
import io.neurovisor.agent.provider.ProviderChoice;
import io.neurovisor.agent.provider.VisionChoice;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The language model and its server.
 *
 * @param provider the protocol of the server
 * @param baseUrl the address of the server; empty for the protocol's usual one
 * @param ollamaHost the usual address of Ollama
 * @param apiKeyFile the file with the server's API key
 * @param keepAlive how long Ollama keeps the model after a request; empty for Ollama's own choice
 * @param vision whether plots are sent to the model
 */
public record ModelConfig(
        String name,
        ProviderChoice provider,
        Optional<URI> baseUrl,
        URI ollamaHost,
        Optional<Path> apiKeyFile,
        Optional<Duration> keepAlive,
        VisionChoice vision) {
    public static final Setting<String> MODEL = Setting.declare(
                    "model", SettingGroup.MODEL, "The language model, as its server names it.")
            .defaultsTo("qwen3", "or the only one of an OpenAI-compatible server")
            .as(SettingType.text(
                    "NAME",
                    "a model's name of at most 200 characters without blanks",
                    Pattern.compile("[!-~]{1,200}")));

    public static final Setting<ProviderChoice> PROVIDER = Setting.declare(
                    "provider", SettingGroup.MODEL, "The protocol of the model's server.")
            .defaultsTo("auto", "Ollama's unless --base-url is the address of another server")
            .as(SettingType.oneOf(ProviderChoice.values()));

    public static final Setting<Optional<URI>> BASE_URL = Setting.declare(
                    "base-url", SettingGroup.MODEL, "The address of the model's server.")
            .defaultsTo("auto", "--ollama-host, or OpenAI's own with --provider openai")
            .as(SettingType.optional("auto", SettingType.url("http://127.0.0.1:8080/v1")));

    public static final Setting<URI> OLLAMA_HOST = Setting.declare(
                    "ollama-host",
                    SettingGroup.MODEL,
                    "The address of Ollama, in any form that Ollama's own tools accept.")
            .variable("OLLAMA_HOST")
            .defaultsTo("http://localhost:11434")
            .as(new SettingType<>(
                    "HOST",
                    "an address such as 127.0.0.1:11434 or https://host/path",
                    List.of(),
                    OllamaHost::parse,
                    URI::toString));

    public static final Setting<Optional<Path>> API_KEY_FILE = Setting.declare(
                    "api-key-file", SettingGroup.MODEL, "The file with the API key for the server.")
            .defaultsTo(
                    "off", "the key is taken from NEUROVISOR_API_KEY, with --provider openai also from OPENAI_API_KEY")
            .as(SettingType.optional("off", SettingType.FILE));

    public static final Setting<Optional<Duration>> KEEP_ALIVE = Setting.declare(
                    "keep-alive",
                    SettingGroup.MODEL,
                    "How long Ollama keeps the model in memory after a request, 1s to 24h.")
            .defaultsTo("auto", "as Ollama is configured")
            .as(SettingType.optional("auto", SettingType.TIME));

    public static final Setting<VisionChoice> VISION = Setting.declare(
                    "vision", SettingGroup.MODEL, "Whether plots of a stateful agent are sent to the model as images.")
            .defaultsTo("auto", "if Ollama or llama-server says that the model has vision")
            .as(SettingType.oneOf(VisionChoice.values()));

    static ModelConfig of(SettingValues values) {
        return new ModelConfig(
                values.get(MODEL),
                values.get(PROVIDER),
                values.get(BASE_URL),
                values.get(OLLAMA_HOST),
                values.get(API_KEY_FILE),
                values.get(KEEP_ALIVE),
                values.get(VISION));
    }
}
