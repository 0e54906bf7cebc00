package io.neurovisor.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A separate process that keeps a file locked with its process id in it, as QEMU does, until it is ended. */
final class LockHolder {
    private LockHolder() {}

    static Process start(Path file) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockHolder.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String line = process.inputReader().readLine();
        if (!"locked".equals(line)) {
            process.destroyForcibly();
            throw new IOException("the other JVM says " + line);
        }
        return process;
    }

    /** Locks the file. */
    public static void main(String[] arguments) throws IOException {
        try (FileChannel channel =
                FileChannel.open(Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock();
            String pid = Long.toString(ProcessHandle.current().pid());
            channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
            System.out.println("locked");
            // Until the test ends this process, or ends itself.
            while (System.in.read() >= 0) {}
        }
    }
}
