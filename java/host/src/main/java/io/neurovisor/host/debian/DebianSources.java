package io.neurovisor.host.debian;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The servers of Debian packages.
 *
 * @param mirror the server of the release and its updates
 * @param security the server of security updates; empty if only a mirror was configured, which need not have them
 */
public record DebianSources(String mirror, Optional<String> security) {
    public static final String SUITE = "trixie";
    static final String MIRROR_VARIABLE = "NEUROVISOR_DEBIAN_MIRROR";
    static final String SECURITY_VARIABLE = "NEUROVISOR_DEBIAN_SECURITY_MIRROR";
    private static final String DEFAULT_MIRROR = "http://deb.debian.org/debian";
    private static final String DEFAULT_SECURITY = "http://deb.debian.org/debian-security";

    /** Returns Debian's own servers. */
    public static DebianSources debian() {
        return new DebianSources(DEFAULT_MIRROR, Optional.of(DEFAULT_SECURITY));
    }

    /**
     * Returns the mirror of the environment, else the host's own, else Debian's.
     *
     * @param hostTargets lines {@code URI|suite|label} of the host's apt sources; may be empty
     */
    static DebianSources choose(Map<String, String> environment, List<String> hostTargets) {
        Optional<String> named = variable(environment, MIRROR_VARIABLE);
        Optional<String> namedSecurity = variable(environment, SECURITY_VARIABLE);
        if (named.isPresent()) {
            return new DebianSources(named.get(), namedSecurity);
        }
        return new DebianSources(
                hostMirror(hostTargets, "Debian").orElse(DEFAULT_MIRROR),
                namedSecurity.or(() ->
                        Optional.of(hostMirror(hostTargets, "Debian-Security").orElse(DEFAULT_SECURITY))));
    }

    private static Optional<String> variable(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    private static Optional<String> hostMirror(List<String> targets, String label) {
        return targets.stream()
                .map(line -> line.split("\\|", -1))
                .filter(fields -> fields.length == 3 && fields[2].equals(label))
                // A local directory of the host need not contain another release.
                .filter(fields -> fields[0].startsWith("http"))
                .map(fields -> fields[0])
                .findFirst();
    }

    /** Returns the servers as lines of a sources.list. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("deb %s %s main".formatted(mirror, SUITE));
        lines.add("deb %s %s-updates main".formatted(mirror, SUITE));
        security.ifPresent(uri -> lines.add("deb %s %s-security main".formatted(uri, SUITE)));
        return List.copyOf(lines);
    }

    /** Returns the addresses without user names and passwords. */
    public List<String> publicAddresses() {
        return Stream.concat(Stream.of(mirror), security.stream())
                .map(uri -> uri.replaceFirst("://[^/@]*@", "://"))
                .toList();
    }
}
