package io.neurovisor.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ApiKeyTest {
    private static final String OWN = "NEUROVISOR_API_KEY";
    private static final String OPENAI = "OPENAI_API_KEY";
    private static final String FILE = "NEUROVISOR_API_KEY_FILE";

    @TempDir
    private Path directory;

    @Test
    void theFileComesBeforeOurVariableAndThatBeforeOpenAis() throws IOException {
        Path file = Files.writeString(directory.resolve("key"), "of-the-file\n");
        Map<String, String> openAi = Map.of("provider", "openai");
        assertThat(find(openAi, Map.of(FILE, file.toString(), OWN, "own", OPENAI, "openai")))
                .contains("of-the-file");
        assertThat(find(Map.of("api-key-file", file.toString()), Map.of(OWN, "own")))
                .contains("of-the-file");
        assertThat(find(openAi, Map.of(OWN, " own ", OPENAI, "openai"))).contains("own");
        assertThat(find(openAi, Map.of(OPENAI, "openai"))).contains("openai");
        assertThat(find(openAi, Map.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "ollama"})
    void openAisKeyGoesToNobodyElse(String provider) {
        assertThat(find(Map.of("provider", provider), Map.of(OPENAI, "openai"))).isEmpty();
        assertThat(find(Map.of("provider", provider), Map.of(OWN, "own"))).contains("own");
    }

    @ParameterizedTest
    @ValueSource(strings = {"two words", "two\nlines", "schlüssel"})
    void whatIsNoKeyIsRefusedAndNotRepeated(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("key"), text);
        refused(Map.of(FILE, file.toString()), "--api-key-file " + file + " holds no key", text);
        refused(Map.of(OWN, text), OWN + " holds no key", text);
    }

    @Test
    void aFileThatHoldsNothingOrIsNotThereIsNamed() throws IOException {
        Path empty = Files.createFile(directory.resolve("empty"));
        refused(Map.of(FILE, empty.toString(), OWN, "own"), "--api-key-file " + empty + " holds no key", "own");
        Path missing = directory.resolve("missing");
        refused(Map.of(FILE, missing.toString(), OWN, "own"), "--api-key-file " + missing + " cannot be read", "own");
    }

    private void refused(Map<String, String> variables, String message, String secret) {
        assertThatThrownBy(() -> find(Map.of(), variables))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.INVALID_ARGUMENT))
                .hasMessageStartingWith(message)
                .hasMessageNotContaining(secret);
    }

    private Optional<String> find(Map<String, String> flags, Map<String, String> variables) {
        ProcessEnvironment environment = new ProcessEnvironment(variables, directory);
        LoadedConfig loaded = LoadedConfig.load(flags, Optional.empty(), environment);
        assertThat(loaded.problems()).isEmpty();
        return ApiKey.find(loaded.config(), environment);
    }
}
