package io.neurovisor.host.debian;

import static java.util.Objects.requireNonNull;

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

/** The mmdebstrap command lines: which sources, which privileges, which settings of the host they carry over. */
public final class Mmdebstrap {
    /** Time stamps in an image are not later than this, so that equal packages give equal bytes. */
    public static final String SOURCE_DATE_EPOCH = "1767225600";

    private static final String INFORMATION = "I: ";

    private static final String TIDY = """
            "$@"; status=$?
            rm -rf --one-file-system -- "$TMPDIR"/mmdebstrap.*
            exit $status""";

    private static final Path KEYRING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");

    /**
     * What of this process's environment the scripts of packages see: how to find programs and how to reach the network. Anything
     * else may be a secret, such as the key of a model's server.
     */
    private static final Pattern PASSED_ON =
            Pattern.compile("PATH|HOME|TZ|LANG|LC_.*|(?i:(https?|ftp|all|no)_proxy)|SSL_CERT_.*|CURL_CA_BUNDLE|PIP_.*");

    private final DebianSources sources;
    private final List<String> aptOptions;
    private final BuildNamespace namespace;
    private final Set<String> inherited;

    /** @param inherited the names of the variables in this process's environment */
    Mmdebstrap(DebianSources sources, List<String> aptOptions, BuildNamespace namespace, Set<String> inherited) {
        this.sources = requireNonNull(sources, "sources is null");
        this.aptOptions = List.copyOf(aptOptions);
        this.namespace = requireNonNull(namespace, "namespace is null");
        this.inherited = Set.copyOf(inherited);
    }

    /** As the host is set up. */
    public static Mmdebstrap ofHost(BuildNamespace namespace) {
        return new Mmdebstrap(
                DebianSources.choose(System.getenv(), HostApt.targets()),
                HostApt.accessOptions(),
                namespace,
                System.getenv().keySet());
    }

    /** What a line that mmdebstrap writes tells a person about its progress; empty when it tells nothing. */
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

    /** A directory, which must not be there yet, that one command works in. */
    public BuildScratch scratch(Path directory) {
        return BuildScratch.create(namespace, directory);
    }

    /**
     * Writes a tar archive of the new root directory to standard output.
     *
     * @param scratch where the root directory is unpacked meanwhile
     */
    public ToolCommand tarOf(String variant, List<String> packages, List<String> options, BuildScratch scratch) {
        return command("tar", variant, packages, options, scratch);
    }

    /** Makes a root directory, in which the options' hooks do the work, and throws it away. */
    public ToolCommand work(String variant, List<String> packages, List<String> options, BuildScratch scratch) {
        return command("null", variant, packages, options, scratch);
    }

    private ToolCommand command(
            String format, String variant, List<String> packages, List<String> options, BuildScratch scratch) {
        List<String> arguments = new ArrayList<>();
        // It is root of the namespaces around it.
        arguments.add("--mode=root");
        arguments.add("--variant=" + variant);
        arguments.add("--format=" + format);
        arguments.add("--aptopt=APT::Install-Recommends \"false\"");
        // Inside a private directory apt's own user could not write what it downloads.
        arguments.add("--aptopt=APT::Sandbox::User \"root\"");
        // A tree that is thrown away after a crash needs no flush after each file.
        arguments.add("--dpkgopt=force-unsafe-io");
        aptOptions.forEach(option -> arguments.add("--aptopt=" + option));
        // Our lines of sources are taken as they are; where it looks at keys for others, nothing is removed after a
        // signal.
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
                .withEnvironment("TMPDIR", scratch.place().toString())));
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
     * What is mounted in the root directory goes with the last process in the namespace, also when mmdebstrap has no time to
     * unmount; otherwise whoever removes the directory would meet the host's own /proc in it.
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
     * Below a shell that removes what the command leaves when it is killed, for nobody outside may. It is the first process
     * of a namespace, which no signal but SIGKILL ends.
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
