package io.neurovisor.tests.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the container image: its files, and a container that runc runs. */
@Timeout(value = 1500, unit = TimeUnit.SECONDS)
final class OciImageIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PROGRAM = "/usr/local/bin/neurovisor";
    private static final String CONTAINER =
            "neurovisor-test-" + ProcessHandle.current().pid();
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** The default capabilities of podman. */
    private static final List<String> CAPABILITIES = List.of(
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_FOWNER",
            "CAP_FSETID",
            "CAP_KILL",
            "CAP_NET_BIND_SERVICE",
            "CAP_SETFCAP",
            "CAP_SETGID",
            "CAP_SETPCAP",
            "CAP_SETUID",
            "CAP_SYS_CHROOT");

    @TempDir
    private Path directory;

    /** Removes the files; JUnit would follow the mounts of a container. */
    @AfterEach
    void removeFiles() {
        HostCommand.run(List.of("find", directory.toString(), "-xdev", "-mindepth", "1", "-delete"));
    }

    @Test
    void packedReleaseRunsWithoutSources() {
        String script = "root=$1 && source \"$1/setup/oci.sh\" && oci_product_layer \"$2\"";
        Path home = CommandLineRun.home();
        HostCommand.Result packing =
                HostCommand.run(List.of("bash", "-euc", script, "bash", home.toString(), directory.toString()));
        assertThat(packing.exitCode()).as(packing.stderr()).isZero();
        Path product = directory.resolve("opt/neurovisor");
        assertThat(product.resolve("pom.xml")).doesNotExist();
        assertThat(product.resolve("java/engine")).doesNotExist();
        HostCommand.Result run = HostCommand.run(
                List.of(product.resolve("neurovisor").toString(), "run", "-l", "python", "-c", "print(6*7)"));
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("42\n");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void unpackedImageRunsPrograms() throws Exception {
        String archive = System.getenv("NEUROVISOR_TEST_OCI");
        assumeTrue(archive != null, "not asked for: ./neurovisor test --area oci");
        Path layout = Files.createDirectory(directory.resolve("layout"));
        Path bundle = directory.resolve("bundle");
        succeeds("tar", "--extract", "--file", archive, "--directory", layout.toString());
        succeeds("umoci", "unpack", "--image", layout + ":neurovisor", bundle.toString());

        ObjectNode config =
                (ObjectNode) JSON.readTree(bundle.resolve("config.json").toFile());
        List<String> byDefault = texts(config.at("/process/args"));
        assertThat(byDefault).containsExactly(PROGRAM, "serve");
        configure(config, bundle, List.of(PROGRAM, "run", "--language", "python", "-c", "print(6*7)"));
        HostCommand.Result run = HostCommand.run(runc("run", "--bundle", bundle.toString(), CONTAINER));
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("42\n");
        assertThat(run.exitCode()).isZero();

        configure(config, bundle, byDefault);
        serves(bundle);
    }

    /** Runs the default command of the image, then ends it as container engines do. */
    private void serves(Path bundle) throws Exception {
        Path log = directory.resolve("serve.log");
        Process container = new ProcessBuilder(runc("run", "--bundle", bundle.toString(), CONTAINER))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await().atMost(LIMIT)
                    .failFast("the container has ended", () -> !container.isAlive())
                    .until(() -> Files.readString(log).contains("serves gRPC on "));
            HostCommand.Result run = HostCommand.run(runc(
                    "exec",
                    CONTAINER,
                    PROGRAM,
                    "run",
                    "--daemon=on",
                    "--json=full",
                    "-l",
                    "python",
                    "-c",
                    "print(6*7)"));
            assertThat(run.exitCode()).as(run.stderr() + Files.readString(log)).isZero();
            assertThat(JSON.readTree(run.stdout()).at("/stdout").asText()).isEqualTo("42\n");
            assertThat(JSON.readTree(run.stdout()).at("/daemon").asText()).endsWith("/daemon.sock");

            succeeds(runc("kill", CONTAINER, "TERM").toArray(String[]::new));
            assertThat(container.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(container.exitValue()).as(Files.readString(log)).isZero();
            assertThat(Files.readString(log)).contains("ending: nothing runs", "\"ended\"");
        } catch (ConditionTimeoutException | TerminalFailureException never) {
            throw new AssertionError("no daemon: " + Files.readString(log), never);
        } finally {
            if (container.isAlive()) {
                HostCommand.run(runc("delete", "--force", CONTAINER));
            }
        }
    }

    private List<String> runc(String... arguments) {
        List<String> command = new ArrayList<>(
                List.of("runc", "--root", directory.resolve("runc").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Configures the container as podman would with the documented options; output goes through pipes. */
    private static void configure(ObjectNode config, Path bundle, List<String> command) throws IOException {
        ObjectNode process = (ObjectNode) config.get("process");
        process.put("terminal", false);
        ArrayNode arguments = process.putArray("args");
        command.forEach(arguments::add);
        ObjectNode sets = process.putObject("capabilities");
        for (String set : List.of("bounding", "effective", "permitted")) {
            ArrayNode capabilities = sets.putArray(set);
            CAPABILITIES.forEach(capabilities::add);
        }
        // The documented option unmask=ALL.
        ((ObjectNode) config.get("linux")).remove(List.of("maskedPaths", "readonlyPaths"));
        JSON.writeValue(bundle.resolve("config.json").toFile(), config);
    }

    private static void succeeds(String... command) {
        HostCommand.Result run = HostCommand.run(List.of(command));
        assertThat(run.exitCode())
                .as(String.join(" ", command) + ": " + run.stderr())
                .isZero();
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
