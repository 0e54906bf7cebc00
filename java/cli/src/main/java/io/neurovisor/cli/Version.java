package io.neurovisor.cli;

import io.neurovisor.server.ProductVersion;
import picocli.CommandLine.IVersionProvider;

/** The versions of NeuroVisor and of its Java runtime. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"neurovisor " + ProductVersion.current() + " (Java " + Runtime.version() + ")"};
    }
}
