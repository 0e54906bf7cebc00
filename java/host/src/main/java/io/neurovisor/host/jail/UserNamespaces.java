package io.neurovisor.host.jail;

import io.neurovisor.host.probe.HostFiles;
import java.util.List;
import java.util.Optional;

/**
 * Checks whether this host allows unprivileged user namespaces, without which no VMM can be jailed. It matters for root
 * as well, because a VMM changes to its own uid before it enters its namespaces.
 */
public record UserNamespaces(HostFiles files) {
    /** The profiles of Ubuntu's and Debian's packages, and the one that we recommend. */
    private static final List<String> BUBBLEWRAP_PROFILES =
            List.of("/etc/apparmor.d/bwrap", "/etc/apparmor.d/bwrap-userns-restrict", "/etc/apparmor.d/usr.bin.bwrap");

    private static final String PROFILE = "printf '%s\\n' 'abi <abi/4.0>,' 'include <tunables/global>'"
            + " 'profile bwrap /usr/bin/bwrap flags=(unconfined) {' '  userns,' '}'"
            + " | sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap";

    /**
     * A restriction of this host.
     *
     * @param fix a command for root
     */
    public record Restriction(String reason, String fix) {}

    public Optional<Restriction> restriction() {
        if (files.link("/proc/self/ns/user").isEmpty()) {
            return Optional.of(new Restriction("this kernel has no user namespaces", "a kernel with CONFIG_USER_NS=y"));
        }
        if (is("/proc/sys/user/max_user_namespaces", 0)) {
            return Optional.of(
                    new Restriction("user.max_user_namespaces is 0", "sudo sysctl -w user.max_user_namespaces=15000"));
        }
        if (is("/proc/sys/kernel/unprivileged_userns_clone", 0)) {
            return Optional.of(new Restriction(
                    "kernel.unprivileged_userns_clone is 0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"));
        }
        if (is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1)
                && BUBBLEWRAP_PROFILES.stream().noneMatch(files::exists)) {
            return Optional.of(
                    new Restriction("AppArmor restricts user namespaces and has no profile for bubblewrap", PROFILE));
        }
        return Optional.empty();
    }

    private boolean is(String setting, long value) {
        return files.number(setting).filter(number -> number == value).isPresent();
    }
}
