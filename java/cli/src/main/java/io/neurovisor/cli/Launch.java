package io.neurovisor.cli;

import static java.util.Objects.requireNonNull;

import io.neurovisor.server.config.Surroundings;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * What one call of the command line is given.
 *
 * @param in standard input, which is never closed
 * @param out where a program's stdout is written
 * @param err where a program's stderr is written
 * @param machines opens the machines of a command that no daemon serves
 */
record Launch(
        Surroundings surroundings, InputStream in, OutputStream out, OutputStream err, LocalMachines.Opening machines) {
    Launch {
        requireNonNull(surroundings, "surroundings is null");
        requireNonNull(in, "in is null");
        requireNonNull(out, "out is null");
        requireNonNull(err, "err is null");
        requireNonNull(machines, "machines is null");
    }

    /** Returns what this process was started with, except the surroundings. */
    static Launch in(Surroundings surroundings) {
        // Unbuffered, unlike System.out: a program's output is passed on as it comes.
        return new Launch(
                surroundings,
                System.in,
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                OpenedMachines::open);
    }
}
