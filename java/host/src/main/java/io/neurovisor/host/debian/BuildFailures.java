package io.neurovisor.host.debian;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.spawner.SystemUsers;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Translates the output of failed tools into a reason with a remedy. */
public final class BuildFailures {
    private record Sign(Pattern pattern, String advice) {
        static Sign of(String regex, String advice) {
            return new Sign(Pattern.compile(regex), advice);
        }
    }

    private static final String DIRECTORY = "{directory}";
    private static final String USER_IDS_COMMAND = "{user ids command}";

    private static final List<Sign> SIGNS = List.of(
            Sign.of(
                    "No space left on device",
                    "the disk of " + DIRECTORY + " or of TMPDIR is full; free some space or give another --data-dir"),
            Sign.of(
                    "Temporary failure (resolving|in name resolution)|Could not resolve|Name or service not known",
                    "no name could be resolved; connect to a network, set http_proxy, or name a mirror by "
                            + DebianSources.MIRROR_VARIABLE),
            Sign.of(
                    "Could not connect|Connection (timed out|refused|failed)|Network is unreachable|Unable to connect",
                    "the mirror does not answer; check the network, set http_proxy, or name a mirror by "
                            + DebianSources.MIRROR_VARIABLE),
            Sign.of(
                    "does not have a Release file|40[34] +(Not Found|Forbidden)",
                    "the mirror does not have Debian " + DebianSources.SUITE + "; name another by "
                            + DebianSources.MIRROR_VARIABLE),
            Sign.of(
                    "NO_PUBKEY|signatures couldn't be verified|is not signed",
                    "the mirror's signature is not known here; install debian-archive-keyring by ./neurovisor setup"),
            Sign.of(
                    "CERTIFICATE_VERIFY_FAILED",
                    "the Python index's certificate is not one that this machine trusts; name the authority's by PIP_CERT"),
            Sign.of(
                    "Unable to locate package|has no installation candidate",
                    "Debian " + DebianSources.SUITE + " has no such package"),
            Sign.of(
                    "cannot (make the user namespace in which|have user ids mapped for a build)",
                    "scripts of packages run in a user namespace, which this machine does not allow; enable it (sysctl"
                            + " user.max_user_namespaces=15000; in a container give it ids or name others by"
                            + " --image-uids FIRST-LAST), or have them run as root of this machine by --image-uids=off"),
            Sign.of(
                    "in /etc/sub[ug]id",
                    "this user has no range of user ids; run " + USER_IDS_COMMAND + ", or build as root"),
            Sign.of(
                    "newuidmap|newgidmap|unprivileged_userns_clone|unshare\\(.*failed|cannot unshare",
                    "this user may not create user namespaces; install uidmap by ./neurovisor setup, or build as root"));

    private BuildFailures() {}

    public static NeuroVisorException of(String what, Path directory, ToolResult result) {
        for (Sign sign : SIGNS) {
            Optional<String> line = result.messages().stream()
                    .filter(message -> sign.pattern().matcher(message).find())
                    .findFirst();
            if (line.isPresent()) {
                String advice = sign.advice()
                        .replace(DIRECTORY, directory.toString())
                        .replace(USER_IDS_COMMAND, userIdsCommand());
                return failed("%s: %s (%s)".formatted(what, advice, line.get()));
            }
        }
        return failed("%s: %s ended with exit code %d: %s"
                .formatted(what, result.program(), result.exitCode(), reason(result)));
    }

    private static String userIdsCommand() {
        return new SystemUsers(HostFiles.SYSTEM).userIdsCommand(System.getProperty("user.name"));
    }

    private static NeuroVisorException failed(String message) {
        return new NeuroVisorException(Fault.IMAGE_BUILD_FAILED, "Cannot build " + message);
    }

    /**
     * Returns the first line that apt, dpkg, pip or mmdebstrap marks as an error; later ones are usually its
     * consequences.
     */
    private static String reason(ToolResult result) {
        return result.messages().stream()
                .filter(line -> line.matches("(E: |dpkg: error|FATAL|ERROR: ).*"))
                .findFirst()
                .orElseGet(result::lastMessage);
    }
}
