package io.neurovisor.host.sbom;

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
        dependencies = List.copyOf(dependencies);
    }

    String purl() {
        return purl(name, version);
    }

    static String purl(String name, String version) {
        return "pkg:cargo/%s@%s".formatted(name, version.replace("+", "%2B"));
    }
}
