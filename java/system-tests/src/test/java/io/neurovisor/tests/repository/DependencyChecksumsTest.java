package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.files.Sha256;
import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks that every artifact is recorded: Maven rejects artifacts that differ, but accepts unrecorded ones. */
@Tag("rule")
final class DependencyChecksumsTest {
    private static final Path RECORDED = CommandLineRun.home().resolve(".mvn/checksums/checksums.sha256");

    @Test
    void everyLibraryIsRecorded() throws IOException {
        Set<String> recorded = recorded().entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey().replaceFirst(".*/", ""))
                .collect(Collectors.toSet());
        List<Path> libraries = Pattern.compile(File.pathSeparator)
                .splitAsStream(System.getProperty("java.class.path"))
                .filter(path -> path.endsWith(".jar"))
                .map(Path::of)
                .toList();

        assertThat(libraries).isNotEmpty();
        assertThat(libraries)
                .as("what setup/record-checksums.sh would record")
                .allSatisfy(library -> assertThat(recorded).contains(Sha256.of(library) + " " + library.getFileName()));
    }

    @Test
    void recordsPluginsAndPoms() throws IOException {
        assertThat(recorded().keySet())
                .anyMatch(path -> path.matches("org/apache/maven/plugins/maven-compiler-plugin/.*\\.jar"))
                .anyMatch(path -> path.matches("org/apache/maven/plugins/maven-compiler-plugin/.*\\.pom"))
                .noneMatch(path -> path.startsWith("io/neurovisor/"));
    }

    private static Map<String, String> recorded() throws IOException {
        return Files.readAllLines(RECORDED).stream()
                .map(line -> line.split(" +", 2))
                .collect(Collectors.toMap(words -> words[1], words -> words[0]));
    }
}
