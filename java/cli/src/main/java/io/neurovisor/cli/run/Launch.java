package io.neurovisor.cli.run;

import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The environment and the streams of one call of the command line.
 *
 * @param environment where settings are looked for
 * @param in standard input, which is never closed
 * @param out receives the stdout of a program
 * @param err receives the stderr of a program
 * @param machines opens machines for a command that no daemon serves
 */
public record Launch(
        ProcessEnvironment environment,
        InputStream in,
        OutputStream out,
        OutputStream err,
        LocalMachines.Opening machines) {
    /** Returns the streams of this process together with {@code environment}. */
    public static Launch in(ProcessEnvironment environment) {
        // Unbuffered, unlike System.out: output is passed on as it arrives.
        return new Launch(
                environment,
                System.in,
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                InProcessMachines::open);
    }
}
