package io.neurovisor.host.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Takes a tool's standard output while the tool runs, on a thread of its own; must read to the end or throw. */
@FunctionalInterface
public interface OutputReader {
    /** Reads and drops everything. */
    OutputReader IGNORE = output -> output.transferTo(OutputStream.nullOutputStream());

    void read(InputStream output) throws IOException;
}
