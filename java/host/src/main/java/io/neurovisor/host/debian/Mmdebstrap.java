package io.neurovisor.host.debian;

import io.neurovisor.host.build.BuildNamespace;
import io.neurovisor.host.build.BuildScratch;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Builds mmdebstrap command lines: the package sources, the privileges and the settings of the host. */
public final class Mmdebstrap {
    /** The latest time stamp of files in an image, so that equal packages give equal bytes. */
    public static final String SOURCE_DATE_EPOCH = "1767225600";

    private static final String INFORMATION = "I: ";

    private static final String TIDY = """
            "$@"; status=$?
            rm -rf --one-file-system -- "$TMPDIR"/mmdebstrap.*
            exit $status""";

    private static final Path KEYRING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");

    /**
     * The variables of this process that scripts of packages see: those for finding programs and reaching the network.
     * Others may be secret, such as the key of a model server.
     */
    private static final Pattern PASSED_ON =
            Pattern.compile("PATH|HOME|TZ|LANG|LC_.*|(?i:(https?|ftp|all|no)_proxy)|SSL_CERT_.*|CURL_CA_BUNDLE|PIP_.*");

    private final DebianSources sources;
    private final List<String> aptOptions;
    private final BuildNamespace namespace;
    private final Set<String> inherited;

    /** @param inherited the names of the variables in this process's environment */
    Mmdebstrap(DebianSources sources, List<String> aptOptions, BuildNamespace namespace, Set<String> inherited) {
        this.sources = sources;
        this.aptOptions = List.copyOf(aptOptions);
        this.namespace = namespace;
        this.inherited = Set.copyOf(inherited);
    }

    /** Returns the command lines for the settings of this host. */
    public static Mmdebstrap ofHost(BuildNamespace namespace) {
        return new Mmdebstrap(
                DebianSources.choose(System.getenv(), HostApt.targets()),
                HostApt.accessOptions(),
                namespace,
                System.getenv().keySet());
    }

    /** Returns the progress message of a line of mmdebstrap's output; empty if the line is not about progress. */
    public static Optional<String> progress(String line) {
        if (!line.startsWith(INFORMATION) || line.contains("hook") || line.contains("tempdir")) {
            return Optional.empty();
        }
        return Optional.of(line.substring(INFORMATION.length()).replaceFirst("\\.*$", ""));
    }

    /** Quotes a path for the arguments of a hook command, which mmdebstrap splits as a shell does. */
    public static String quote(Path path) {
        return "'" + path.toAbsolutePath().toString().replace("'", "'\\''") + "'";
    }

    public DebianSources sources() {
        return sources;
    }

    /** Creates a directory in which one command works; it must not exist. */
    public BuildScratch scratch(Path directory) {
        return BuildScratch.create(namespace, directory);
    }

    /**
     * Returns the command that writes a tar archive of a new root directory to standard output.
     *
     * @param scratch the directory in which the root directory is unpacked
     */
    public ToolCommand tarOf(String variant, List<String> packages, List<String> options, BuildScratch scratch) {
        return command("tar", variant, packages, options, scratch);
    }

    /** Returns the command that makes a root directory, lets the hooks of the options work in it, and removes it. */
    public ToolCommand work(String variant, List<String> packages, List<String> options, BuildScratch scratch) {
        return command("null", variant, packages, options, scratch);
    }

    private ToolCommand command(
            String format, String variant, List<String> packages, List<String> options, BuildScratch scratch) {
        List<String> arguments = new ArrayList<>();
        // The command is root of its namespaces.
        arguments.add("--mode=root");
        arguments.add("--variant=" + variant);
        arguments.add("--format=" + format);
        arguments.add("--aptopt=APT::Install-Recommends \"false\"");
        // apt's own user could not write its downloads into a private directory.
        arguments.add("--aptopt=APT::Sandbox::User \"root\"");
        // A tree that is discarded after a crash needs no flush after each file.
        arguments.add("--dpkgopt=force-unsafe-io");
        aptOptions.forEach(option -> arguments.add("--aptopt=" + option));
        // Our source lines need no such check, and it leaves files behind if it is interrupted.
        arguments.add("--skip=check/signed-by");
        if (Files.exists(KEYRING)) {
            arguments.add("--keyring=" + KEYRING);
        }
        if (!packages.isEmpty()) {
            arguments.add("--include=" + String.join(",", packages));
        }
        arguments.addAll(options);
        arguments.add(DebianSources.SUITE);
        arguments.add("-");
        arguments.addAll(sources.lines());
        return scratch.inside(inNamespaces(withoutSecrets(ToolCommand.of("mmdebstrap", "mmdebstrap"))
                .withArguments(arguments)
                .withEnvironment("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH)
                .withEnvironment("LC_ALL", "C.UTF-8")
                .withEnvironment("TMPDIR", scratch.path().toString())));
    }

    private ToolCommand withoutSecrets(ToolCommand command) {
        ToolCommand without = command;
        for (String name : inherited) {
            if (!PASSED_ON.matcher(name).matches()) {
                without = without.withEnvironment(name, "");
            }
        }
        return without;
    }

    /**
     * Mounts in the root directory vanish with the last process of the namespace, even if mmdebstrap cannot unmount
     * them; otherwise removing the directory would reach the host's own /proc.
     */
    private ToolCommand inNamespaces(ToolCommand command) {
        ToolCommand mounting = new ToolCommand(
                        "unshare",
                        "util-linux",
                        List.of("--mount", "--propagation", "private", "--", command.program()),
                        command.environment())
                .withArguments(command.arguments());
        return namespace.hidesFiles() ? tidied(mounting) : mounting;
    }

    /**
     * Runs the command below a shell that removes its files if it is killed, because no process outside of the
     * namespace may. The shell is the first process of its namespace, which only SIGKILL can end.
     */
    private static ToolCommand tidied(ToolCommand command) {
        return new ToolCommand(
                        "unshare",
                        "util-linux",
                        List.of("--pid", "--fork", "--kill-child", "--", "sh", "-c", TIDY, "sh", command.program()),
                        command.environment())
                .withArguments(command.arguments());
    }
}
