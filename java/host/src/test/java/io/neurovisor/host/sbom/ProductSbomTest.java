package io.neurovisor.host.sbom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.cyclonedx.Version;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProductSbomTest {
    private static final String MAVEN = """
            {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
             "metadata": {"component": {"type": "application", "bom-ref": "cli", "name": "neurovisor-cli", "version": "1"}},
             "components": [{"type": "library", "bom-ref": "a", "name": "a", "version": "2", "purl": "pkg:maven/g/a@2"}],
             "dependencies": [{"ref": "cli", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": []}]}""";

    private static final String CARGO = """
            {"packages": [
              {"id": "1", "name": "neurovisor-spawner", "version": "0.1.0", "license": "MIT", "targets": [{"kind": ["bin"]}]},
              {"id": "2", "name": "neurovisor-guest-agent", "version": "0.1.0", "license": "MIT", "targets": [{"kind": ["bin"]}]},
              {"id": "3", "name": "used", "version": "1.2.3+build", "license": "MIT/Apache-2.0", "targets": [{"kind": ["lib"]}]},
              {"id": "4", "name": "macro", "version": "1.0.0", "license": "MIT", "targets": [{"kind": ["proc-macro"]}]},
              {"id": "5", "name": "tested-with", "version": "1.0.0", "license": %s, "targets": [{"kind": ["lib"]}]},
              {"id": "6", "name": "below", "version": "3.0.0", "license": "Zlib", "targets": [{"kind": ["lib"]}]}],
             "resolve": {"nodes": [
              {"id": "1", "deps": [{"pkg": "3", "dep_kinds": [{"kind": null}]}, {"pkg": "4", "dep_kinds": [{"kind": null}]},
                                   {"pkg": "5", "dep_kinds": [{"kind": "%s"}]},
                                   {"pkg": "7", "dep_kinds": [{"kind": null, "target": "cfg(fuzzing)"}, {"kind": "build"}]}]},
              {"id": "2", "deps": [{"pkg": "3", "dep_kinds": [{"kind": "build"}, {"kind": null}]}]},
              {"id": "3", "deps": [{"pkg": "6", "dep_kinds": [{"kind": null}]}]},
              {"id": "4", "deps": []}, {"id": "5", "deps": []}, {"id": "6", "deps": []}]}}""";

    @TempDir
    private Path directory;

    @Test
    void listsComponentsWithVersionAndLicence() throws Exception {
        byte[] sbom = sbom(CARGO.formatted("\"MIT\"", "dev"));

        Bom bom = new JsonParser().parse(sbom);
        assertThat(bom.getComponents().stream().map(Component::getPurl))
                .containsExactlyInAnyOrder(
                        "pkg:maven/g/a@2",
                        "pkg:cargo/neurovisor-spawner@0.1.0",
                        "pkg:cargo/neurovisor-guest-agent@0.1.0",
                        "pkg:cargo/used@1.2.3%2Bbuild",
                        "pkg:cargo/below@3.0.0");
        assertThat(bom.getComponents())
                .filteredOn(component -> component.getName().equals("used"))
                .allSatisfy(component -> assertThat(
                                component.getLicenses().getExpression().getValue())
                        .isEqualTo("MIT OR Apache-2.0"));
        assertThat(new JsonParser().validate(sbom, Version.VERSION_16)).isEmpty();
        assertThat(new JsonParser()
                        .parse(sbom(CARGO.formatted("\"MIT\"", "dev")))
                        .getSerialNumber())
                .isEqualTo(bom.getSerialNumber());
    }

    @Test
    void listsDependenciesOfComponents() throws Exception {
        Bom bom = new JsonParser().parse(sbom(CARGO.formatted("\"MIT\"", "dev")));

        assertThat(bom.getDependencies())
                .filteredOn(dependency -> dependency.getRef().equals("cli"))
                .singleElement()
                .satisfies(dependency -> assertThat(dependency.getDependencies())
                        .extracting(org.cyclonedx.model.Dependency::getRef)
                        .containsExactlyInAnyOrder(
                                "a", "pkg:cargo/neurovisor-spawner@0.1.0", "pkg:cargo/neurovisor-guest-agent@0.1.0"));
    }

    @Test
    void rejectsACrateWithoutALicence() {
        assertThatThrownBy(() -> sbom(CARGO.formatted("null", "dev").replace("\"dev\"", "null")))
                .hasMessage("Cargo's metadata lacks the licence of crate tested-with");
    }

    private byte[] sbom(String cargo) throws IOException {
        Path maven = Files.writeString(directory.resolve("maven.json"), MAVEN);
        return ProductSbom.of(maven, Files.writeString(directory.resolve("cargo.json"), cargo));
    }
}
