package io.neurovisor.server.config;

import io.neurovisor.agent.provider.ProviderChoice;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The key for a model's server. It is no setting, so that nothing that shows settings can show it. */
public final class ApiKey {
    private static final String VARIABLE = "NEUROVISOR_API_KEY";

    /** Meant for OpenAI, so it goes nowhere unless that protocol was asked for. */
    private static final String OPENAI_VARIABLE = "OPENAI_API_KEY";

    private static final int MAX_BYTES = 8 << 10;

    private ApiKey() {}

    /** The file that the settings name comes first. */
    public static Optional<String> find(Config config, ProcessEnvironment environment) {
        return config.apiKeyFile()
                .map(file -> read(file, Setting.API_KEY_FILE.flag()))
                .or(() -> fromVariables(config, environment));
    }

    private static Optional<String> fromVariables(Config config, ProcessEnvironment environment) {
        Optional<String> own = environment.variable(VARIABLE);
        Optional<String> key = own.isEmpty() && config.provider() == ProviderChoice.OPENAI
                ? environment.variable(OPENAI_VARIABLE)
                : own;
        return key.map(String::strip).map(text -> checked(text, own.isEmpty() ? OPENAI_VARIABLE : VARIABLE));
    }

    /**
     * Returns the key that a file holds.
     *
     * @param flag names the file
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} for a file that cannot be read, or holds no key
     */
    public static String read(Path file, String flag) {
        String shown = Shown.path(file);
        try (InputStream input = Files.newInputStream(file)) {
            return checked(new String(input.readNBytes(MAX_BYTES), StandardCharsets.UTF_8).strip(), flag + " " + shown);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    flag + " " + shown + " cannot be read: "
                            + exception.getClass().getSimpleName(),
                    exception);
        }
    }

    /** A header cannot carry anything else, and its error message would quote it. */
    private static String checked(String key, String origin) {
        if (key.isEmpty() || !key.chars().allMatch(character -> character > ' ' && character < 0x7f)) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    origin + " holds no key: one line of printable ASCII without blanks is wanted");
        }
        return key;
    }
}
