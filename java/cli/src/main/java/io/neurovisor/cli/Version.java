package io.neurovisor.cli;

import io.neurovisor.server.Product;
import picocli.CommandLine.IVersionProvider;

/** Says which NeuroVisor this is and what it runs on. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"neurovisor " + Product.version() + " (Java " + Runtime.version() + ")"};
    }
}
