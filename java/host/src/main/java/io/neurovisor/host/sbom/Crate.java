package io.neurovisor.host.sbom;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A crate that is compiled into a program.
 *
 * @param license an SPDX expression
 * @param dependencies the package URLs of the crates that it uses
 * @param program whether it is one of NeuroVisor's programs instead of a library
 */
record Crate(String name, String version, String license, List<String> dependencies, boolean program) {
    Crate {
        requireNonNull(name, "name is null");
        requireNonNull(version, "version is null");
        requireNonNull(license, "license is null");
        dependencies = List.copyOf(dependencies);
    }

    String purl() {
        return purl(name, version);
    }

    static String purl(String name, String version) {
        return "pkg:cargo/%s@%s".formatted(name, version.replace("+", "%2B"));
    }
}
