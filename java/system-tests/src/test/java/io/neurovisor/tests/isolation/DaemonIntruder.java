package io.neurovisor.tests.isolation;

import static java.util.Objects.requireNonNull;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;

/** Loads code of a test into a daemon, which the JVM allows its own user. */
public final class DaemonIntruder {
    private DaemonIntruder() {}

    /**
     * Runs {@link DaemonAttempts} in a daemon and returns the result of each attempt.
     *
     * @param directory a directory that the daemon can write to
     */
    public static Map<String, String> attempts(long pid, Path directory)
            throws IOException, AttachNotSupportedException, AgentLoadException, AgentInitializationException {
        Path said = directory.resolve("attempts.txt");
        Path jar = agent(directory.resolve("attempts.jar"));
        VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
        try {
            machine.loadAgent(jar.toString(), said.toString());
        } finally {
            machine.detach();
        }
        return Files.readAllLines(said).stream()
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(fields -> fields[0], fields -> fields[1]));
    }

    private static Path agent(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Agent-Class", DaemonAttempts.class.getName());
        String entry = DaemonAttempts.class.getName().replace('.', '/') + ".class";
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream content = requireNonNull(
                        DaemonAttempts.class.getClassLoader().getResourceAsStream(entry), "its own class")) {
            out.putNextEntry(new JarEntry(entry));
            content.transferTo(out);
        }
        return jar;
    }
}
