package io.neurovisor.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Loaded into a daemon by a test, which has it try to start a program and write down how that ended. */
public final class ExecAttempt {
    private ExecAttempt() {}

    /** What the JVM calls when it has loaded this class as an agent. */
    public static void agentmain(String file) throws IOException, InterruptedException {
        Files.writeString(Path.of(file), attempt());
    }

    private static String attempt() throws InterruptedException {
        try {
            return "ended with " + new ProcessBuilder("true").start().waitFor();
        } catch (IOException refusal) {
            return String.valueOf(refusal.getMessage());
        }
    }
}
