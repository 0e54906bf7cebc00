package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cyclonedx.Version;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the bill of materials. */
final class SbomIT {
    @TempDir
    private Path directory;

    @Test
    void listsEveryLibraryWithItsLicence() throws Exception {
        Path file = directory.resolve("sbom.json");
        CommandLineRun run = CommandLineRun.of("sbom", "--output", file.toString());
        assertThat(run.exitCode()).as(run.stderr()).isZero();

        Bom bom = new JsonParser().parse(file.toFile());

        assertThat(new JsonParser().validate(file.toFile(), Version.VERSION_16)).isEmpty();
        assertThat(bom.getComponents()).allSatisfy(component -> {
            assertThat(component.getVersion()).as(component.getName()).isNotBlank();
            assertThat(component.getPurl()).as(component.getName()).isNotBlank();
        });
        assertThat(bom.getComponents().stream().filter(SbomIT::hasNoLicence).map(Component::getName))
                .isEmpty();
        assertThat(files(bom)).containsExactlyElementsOf(jars());
        assertThat(named(bom, "pkg:cargo/")).containsExactlyElementsOf(crates());
    }

    /** Returns whether the licence is missing; our own modules inherit that of the product. */
    private static boolean hasNoLicence(Component component) {
        return component.getLicenses() == null
                || (component.getLicenses().getExpression() == null
                        && component.getLicenses().getLicenses().isEmpty());
    }

    /** Returns the jars on the class path of the product, without the first one, which the document describes. */
    private static Set<String> jars() throws Exception {
        try (Stream<Path> jars = Files.list(CommandLineRun.home().resolve("java/cli/target/app/lib"))) {
            return jars.map(jar -> jar.getFileName().toString())
                    .filter(jar -> !jar.startsWith("neurovisor-cli-"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static Set<String> files(Bom bom) {
        return bom.getComponents().stream()
                .filter(component -> component.getPurl().startsWith("pkg:maven/"))
                .map(component ->
                        component.getName() + "-" + component.getVersion() + classifier(component.getPurl()) + ".jar")
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String classifier(String purl) {
        return purl.contains("classifier=") ? "-" + purl.replaceFirst(".*classifier=([^&]*).*", "$1") : "";
    }

    private static Set<String> named(Bom bom, String type) {
        return bom.getComponents().stream()
                .filter(component -> component.getPurl().startsWith(type))
                .map(component -> component.getName() + " v" + component.getVersion())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the crates that Cargo lists. */
    private static Set<String> crates() {
        HostCommand.Result run = HostCommand.run(List.of(
                "cargo",
                "tree",
                "--manifest-path",
                CommandLineRun.home().resolve("Cargo.toml").toString(),
                "--locked",
                "--target=x86_64-unknown-linux-gnu",
                "--edges=normal,no-proc-macro",
                "--prefix=none",
                "--package=neurovisor-spawner",
                "--package=neurovisor-guest-agent"));
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        return run.stdout()
                .lines()
                .filter(line -> !line.isBlank())
                .map(line -> line.replaceFirst("^(\\S+ v\\S+).*", "$1"))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
