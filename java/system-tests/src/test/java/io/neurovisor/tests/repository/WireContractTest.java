package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RealClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks the protos with buf: their form, and their compatibility with the first published version. */
final class WireContractTest {
    private static final String ORIGINAL = "original/original.binpb";

    @TempDir
    private Path directory;

    @Test
    void theContractsAreInForm() {
        HostCommand.Result lint = RealClient.named("buf").run("lint", proto().toString());
        assertThat(lint.stdout() + lint.stderr()).isEmpty();
        assertThat(lint.exitCode()).isZero();
    }

    @Test
    void everythingThatFirstClientsUseIsThere() {
        HostCommand.Result breaking = breaking(proto());
        assertThat(breaking.stdout() + breaking.stderr()).isEmpty();
        assertThat(breaking.exitCode()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            execution.proto | uint32 timeout_secs = 3  | uint32 timeout_secs = 33 | Previously present field "3" with name "timeout_secs"
            execution.proto | int32 exit_code = 3      | int64 exit_code = 3      | changed type from "int32" to "int64"
            execution.proto | string stderr_chunk = 2  | string stderr_text = 2   | changed name from "stderr_chunk" to "stderr_text"
            inference.proto | map<string, string> meta | map<string, bytes> meta  | changed type from "string" to "bytes"
            inference.proto | rpc InferStream(         | rpc InferAll(            | Previously present RPC "InferStream"
            inference.proto | bool is_final = 2        | bool last = 2            | changed name from "is_final" to "last"
            """)
    void aChangeThatWouldBreakThemIsFound(String file, String before, String after, String found) throws IOException {
        Path changed = copy();
        Path contract = changed.resolve(file);
        String text = Files.readString(contract);
        assertThat(text).contains(before);
        Files.writeString(contract, text.replace(before, after));
        HostCommand.Result breaking = breaking(changed);
        assertThat(breaking.stdout()).contains(found);
        assertThat(breaking.exitCode()).isEqualTo(100);
    }

    /** The compiled original equals its sources in the same directory. */
    @Test
    void originalIsCompiledFromItsSources() throws IOException {
        Path made = directory.resolve("made.binpb");
        HostCommand.Result build = RealClient.named("buf")
                .run("build", proto().resolve("original").toString(), "--output", made.toString());
        assertThat(build.exitCode()).as(build.stderr()).isZero();
        assertThat(Files.readAllBytes(made)).isEqualTo(Files.readAllBytes(proto().resolve(ORIGINAL)));
    }

    private static HostCommand.Result breaking(Path contracts) {
        return RealClient.named("buf")
                .run(
                        "breaking",
                        contracts.toString(),
                        "--against",
                        proto().resolve(ORIGINAL).toString());
    }

    private Path copy() throws IOException {
        Files.createDirectories(directory.resolve("google/rpc"));
        try (Stream<Path> files = Files.walk(proto())) {
            for (Path file : files.map(proto()::relativize)
                    .filter(path -> path.toString().matches("[a-z_]+\\.(proto|yaml)|google/.*\\.proto"))
                    .toList()) {
                Files.copy(proto().resolve(file), directory.resolve(file));
            }
        }
        return directory;
    }

    private static Path proto() {
        return CommandLineRun.home().resolve("proto");
    }
}
