package io.neurovisor.server.config;

import io.neurovisor.agent.provider.ProviderChoice;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.FilePath;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The API key for a model's server. It is not a setting, so that no output of settings can contain it. */
public final class ApiKey {
    static final String VARIABLE = "NEUROVISOR_API_KEY";

    /** Used only with OpenAI's protocol, as this key is meant for OpenAI. */
    private static final String OPENAI_VARIABLE = "OPENAI_API_KEY";

    private static final int MAX_BYTES = 8 << 10;

    private ApiKey() {}

    /** Returns the key from the file that the settings name, or else from an environment variable. */
    public static Optional<String> find(Config config, ProcessEnvironment environment) {
        return config.model()
                .apiKeyFile()
                .map(file -> read(file, ModelConfig.API_KEY_FILE.flag()))
                .or(() -> fromVariables(config, environment));
    }

    private static Optional<String> fromVariables(Config config, ProcessEnvironment environment) {
        Optional<String> own = environment.variable(VARIABLE);
        Optional<String> key = own.isEmpty() && config.model().provider() == ProviderChoice.OPENAI
                ? environment.variable(OPENAI_VARIABLE)
                : own;
        return key.map(String::strip).map(text -> checked(text, own.isEmpty() ? OPENAI_VARIABLE : VARIABLE));
    }

    /**
     * Returns the key that a file holds.
     *
     * @param flag the option that names the file
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} if the file cannot be read or does not contain a key
     */
    public static String read(Path file, String flag) {
        String shown = FilePath.shown(file.toString());
        try (InputStream input = Files.newInputStream(file)) {
            return checked(new String(input.readNBytes(MAX_BYTES), StandardCharsets.UTF_8).strip(), flag + " " + shown);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    flag + " " + shown + " cannot be read: " + StorageFaults.reason(exception),
                    exception);
        }
    }

    /** Rejects characters that an HTTP header cannot hold; its error message would contain the key. */
    private static String checked(String key, String origin) {
        if (key.isEmpty() || !key.chars().allMatch(character -> character > ' ' && character < 0x7f)) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    origin + " holds no key: one line of printable ASCII without blanks is wanted");
        }
        return key;
    }
}
