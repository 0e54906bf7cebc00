package io.neurovisor.cli;

import io.neurovisor.server.Product;
import picocli.CommandLine.IVersionProvider;

/** The versions of NeuroVisor and of its Java runtime. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"neurovisor " + Product.version() + " (Java " + Runtime.version() + ")"};
    }
}
