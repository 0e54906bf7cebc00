package io.neurovisor.host.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Reads a tool's standard output in a separate thread while the tool runs; must read to the end or throw. */
@FunctionalInterface
public interface OutputReader {
    /** Reads and discards everything. */
    OutputReader IGNORE = output -> output.transferTo(OutputStream.nullOutputStream());

    void read(InputStream output) throws IOException;
}
