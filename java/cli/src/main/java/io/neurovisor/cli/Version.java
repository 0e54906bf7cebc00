package io.neurovisor.cli;

import picocli.CommandLine.IVersionProvider;

/** Says which NeuroVisor this is and what it runs on. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {
            "neurovisor " + (version == null ? "unpackaged" : version) + " (Java " + Runtime.version() + ")"
        };
    }
}
