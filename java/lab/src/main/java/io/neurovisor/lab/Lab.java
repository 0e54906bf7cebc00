package io.neurovisor.lab;

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

/** A lab machine that is ready and can be reached by ssh over the host's loopback interface. */
public final class Lab {
    /** On the machine's disk. */
    private static final String OUTPUT = "/lab/out/";

    private static final String RUN = "/usr/lib/neurovisor-lab/run.sh";

    private final LabName name;
    private final LabFiles files;
    private final int port;

    Lab(LabName name, LabFiles files, int port) {
        this.name = name;
        this.files = files;
        this.port = port;
    }

    /** Returns a machine that another process started. */
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

    /** Returns the file with the console output of the machine. */
    public Path console() {
        return files.console();
    }

    /**
     * Returns the command that runs a command line in the machine's view of the repository, with the standard streams
     * of this process.
     *
     * @param output the name of the directory for files that {@link #receiveFiles} returns: letters and digits
     * @param terminal whether the command gets a terminal, including its control keys
     */
    public ToolCommand command(Path repository, String output, List<String> command, boolean terminal) {
        List<String> remote = new ArrayList<>(List.of(RUN, OUTPUT + output, repository.toString()));
        remote.addAll(command);
        String line = remote.stream().map(Lab::quoted).collect(Collectors.joining(" "));
        // The end of the connection reaches the command as a signal, with or without a terminal.
        return ssh(terminal ? "-t" : "-T", "exec setpriv --pdeathsig HUP -- " + line);
    }

    /** Passes on the files that a command has left, and removes them from the machine. */
    public void receiveFiles(String output, LabFileReceiver receiver) {
        String directory = quoted(OUTPUT + output);
        // An empty directory was removed with its command.
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
                // A machine that sends nothing for five minutes has stopped, however busy it is.
                "-o",
                "ServerAliveInterval=30",
                "-o",
                "ServerAliveCountMax=10",
                "-o",
                "EscapeChar=none");
    }

    /** Quotes a path for the value of an ssh option. */
    private static String sshPath(Path path) {
        return "\"" + path.toString().replace("%", "%%") + "\"";
    }

    /** Quotes a word for the shell in the machine. */
    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
