package io.neurovisor.server.setting;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are not valid configurations are answered with messages, never with an exception. */
final class ConfigFileTest {
    private static final List<String> NAMES = List.of("size", "data-dir", "image");

    @TempDir
    private Path directory;

    static Stream<Arguments> hostileTexts() {
        return Stream.of(
                Arguments.of("a: b: c\n", ":1: YAML problem: mapping values are not allowed here"),
                Arguments.of("\tsize: large\n", ":1: YAML problem"),
                Arguments.of("{{{{\n", "YAML problem"),
                Arguments.of("size: \"large\n", "YAML problem"),
                Arguments.of("x: \"\\u", ":1: YAML problem here or before, such as an invalid escape or tag:"),
                Arguments.of("\nx: \"\\UFFFFFFFF\"\n", "\"FFFFFFFF\""),
                Arguments.of("\nsize: !a%20 small", ":2: YAML problem here or before"),
                Arguments.of("- size\n- large\n", ":1: expected settings"),
                Arguments.of("just words\n", ":1: expected settings"),
                Arguments.of("size: large\n---\nsize: small\n", ":2: YAML problem"),
                Arguments.of("size: large\nsize: small\n", ":2: size is set twice"),
                Arguments.of("size: [large]\n", ":1: size has a list or a map"),
                Arguments.of("size: {large: 1}\n", ":1: size has a list or a map"),
                Arguments.of("? [a, b]\n: c\n", "a setting's name is expected here"),
                Arguments.of("<<: {size: large}\n", "unknown setting \"<<\""),
                Arguments.of("sise: large\n", "unknown setting \"sise\"; did you mean \"size\"?"),
                Arguments.of("data_dir: /x\n", "did you mean \"data-dir\"?"),
                Arguments.of("Size: large\n", "did you mean \"size\"?"),
                Arguments.of("frobnicate: 1\n", "unknown setting \"frobnicate\"; docs/settings.md lists all settings"),
                Arguments.of("? \"a\\e[31mb\\nc\"\n: d\n", "unknown setting \"a\\u001b[31mb\\u000ac\""),
                Arguments.of("size: !!javax.script.ScriptEngineManager [x]\n", "Global tag is not allowed"),
                Arguments.of("\u0000\u0001\n", "YAML problem"),
                Arguments.of("a: ".repeat(5) + "\n", "YAML problem"),
                Arguments.of("[".repeat(30_000), "YAML problem"),
                Arguments.of("x".repeat(50_000) + ": 1\n", "YAML problem"),
                Arguments.of(bomb(), "Number of aliases"));
    }

    @ParameterizedTest
    @MethodSource("hostileTexts")
    void reportsTheLineOfEachProblem(String text, String problem) throws IOException {
        Path file = Files.writeString(directory.resolve("c.yaml"), text);
        assertThat(ConfigFile.read(file, NAMES).problems())
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).hasSizeLessThan(400).doesNotContain("\n", "\u001b"))
                .anySatisfy(line -> assertThat(line).contains(file.toString()).contains(problem));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "\n", "# nothing but a comment\n", "---\n", "size: large # with one\n", "\uFEFFsize: large\n"
            })
    void readsEmptyFilesAndComments(String text) throws IOException {
        assertThat(ConfigFile.read(Files.writeString(directory.resolve("c.yaml"), text), NAMES)
                        .problems())
                .isEmpty();
    }

    @Test
    void rejectsADirectory() {
        assertThat(ConfigFile.read(directory, NAMES).problems())
                .containsExactly("config file " + directory + " cannot be read: it is a directory");
    }

    @Test
    void rejectsADevice() {
        assertThat(ConfigFile.read(Path.of("/dev/zero"), NAMES).problems())
                .containsExactly("config file /dev/zero cannot be read: it is not a regular file");
    }

    @Test
    void rejectsALargeFile() throws IOException {
        Path file = Files.writeString(directory.resolve("c.yaml"), "# " + "x".repeat(ConfigFile.MAX_BYTES));
        assertThat(ConfigFile.read(file, NAMES).problems())
                .containsExactly("config file " + file + " cannot be read: it holds more than 65536 bytes");
    }

    @Test
    void rejectsTextThatIsNotUtf8() throws IOException {
        Path file = Files.write(directory.resolve("c.yaml"), "image: ä".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(ConfigFile.read(file, NAMES).problems())
                .containsExactly("config file " + file + " cannot be read: it is not UTF-8 text");
    }

    /** Nine levels of nine references each: 9^9 values, were they ever expanded. */
    private static String bomb() {
        StringBuilder yaml = new StringBuilder("l0: &l0 [x]\n");
        for (int level = 1; level <= 9; level++) {
            String reference = "*l" + (level - 1);
            yaml.append("l%d: &l%d [%s]\n"
                    .formatted(level, level, String.join(",", java.util.Collections.nCopies(9, reference))));
        }
        return yaml.toString();
    }
}
