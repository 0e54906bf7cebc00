package io.neurovisor.lab;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A lab machine that is ready, reached by ssh over the host's loopback interface. */
public final class Lab {
    /** On the machine's disk. */
    private static final String OUTPUT = "/lab/out/";

    private static final String RUN = "/usr/lib/neurovisor-lab/run.sh";

    private final LabName name;
    private final LabFiles files;
    private final int port;

    Lab(LabName name, LabFiles files, int port) {
        this.name = requireNonNull(name, "name is null");
        this.files = requireNonNull(files, "files is null");
        this.port = port;
    }

    /** One that was started by somebody else. */
    static Lab at(LabName name, LabFiles files) {
        try {
            return new Lab(
                    name,
                    files,
                    Integer.parseInt(Files.readString(files.address()).strip()));
        } catch (NumberFormatException damaged) {
            throw new NeuroVisorException(
                    Fault.LAB_FAILED,
                    files.address() + " holds no port; ./neurovisor lab down removes this lab",
                    damaged);
        } catch (IOException failure) {
            throw StorageFaults.of("read", files.address(), failure);
        }
    }

    void writeAddress() {
        PrivateFiles.replace(files.address(), Integer.toString(port).getBytes(StandardCharsets.US_ASCII));
    }

    public LabName name() {
        return name;
    }

    public int port() {
        return port;
    }

    /** What the machine's kernel and its start have to say. */
    public Path console() {
        return files.console();
    }

    /**
     * Runs a command in the machine, in the repository, with the streams of whoever runs this.
     *
     * @param output names where the command may leave files for {@link #bringHome}, a word of letters and digits
     * @param terminal whether the command gets a terminal, whose keys are its own
     */
    public ToolCommand command(Path repository, String output, List<String> command, boolean terminal) {
        List<String> remote = new ArrayList<>(List.of(RUN, OUTPUT + output, repository.toString()));
        remote.addAll(command);
        String line = remote.stream().map(Lab::quoted).collect(Collectors.joining(" "));
        // The end of the connection reaches the command as a signal, terminal or not.
        return ssh(terminal ? "-t" : "-T", "exec setpriv --pdeathsig HUP -- " + line);
    }

    /** Passes on the files that a command has left, if any, which then are gone from the machine. */
    public void bringHome(String output, LabFileReceiver receiver) {
        String directory = quoted(OUTPUT + output);
        // One that is empty is gone with its command.
        Tool.of(ssh("-T", "mkdir -p %1$s && cd %1$s && tar --create . && rm -rf %1$s".formatted(directory)))
                .output(new LabOutput(receiver))
                .run()
                .orThrow();
    }

    private ToolCommand ssh(String terminal, String line) {
        return ToolCommand.of("ssh", "openssh-client")
                .withArguments(options())
                .withArguments(List.of(terminal, "root@127.0.0.1", line));
    }

    private List<String> options() {
        return List.of(
                "-F",
                "none",
                "-p",
                Integer.toString(port),
                "-i",
                files.userKey().toString(),
                "-o",
                "UserKnownHostsFile=" + sshPath(files.knownHosts()),
                "-o",
                "GlobalKnownHostsFile=none",
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "IdentityAgent=none",
                "-o",
                "StrictHostKeyChecking=yes",
                "-o",
                "BatchMode=yes",
                "-o",
                "LogLevel=ERROR",
                // A machine that says nothing for five minutes, however busy, has stopped.
                "-o",
                "ServerAliveInterval=30",
                "-o",
                "ServerAliveCountMax=10",
                "-o",
                "EscapeChar=none");
    }

    /** As ssh reads the value of an option. */
    private static String sshPath(Path path) {
        return "\"" + path.toString().replace("%", "%%") + "\"";
    }

    /** As the shell in the machine reads one word. */
    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
