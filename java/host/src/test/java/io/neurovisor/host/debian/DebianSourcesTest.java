package io.neurovisor.host.debian;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DebianSourcesTest {
    private static final List<String> HOST = List.of(
            "http://mirror.example/debian-backports/|oldstable-backports|Debian Backports",
            "file:/srv/debian/|oldstable|Debian",
            "http://mirror.example/debian/|oldstable|Debian",
            "http://security.example/debian-security/|oldstable-security|Debian-Security");

    @Test
    void usesDebiansServersByDefault() {
        assertThat(DebianSources.choose(Map.of(), List.of())).isEqualTo(DebianSources.debian());
        assertThat(DebianSources.debian().lines())
                .containsExactly(
                        "deb http://deb.debian.org/debian trixie main",
                        "deb http://deb.debian.org/debian trixie-updates main",
                        "deb http://deb.debian.org/debian-security trixie-security main");
    }

    @Test
    void usesTheMirrorsOfADebianHost() {
        assertThat(DebianSources.choose(Map.of(), HOST).publicAddresses())
                .containsExactly("http://mirror.example/debian/", "http://security.example/debian-security/");
    }

    @Test
    void prefersTheEnvironment() {
        assertThat(DebianSources.choose(Map.of("NEUROVISOR_DEBIAN_MIRROR", " https://own/debian "), HOST)
                        .lines())
                .containsExactly("deb https://own/debian trixie main", "deb https://own/debian trixie-updates main");
        assertThat(DebianSources.choose(
                                Map.of(
                                        "NEUROVISOR_DEBIAN_MIRROR", "https://own/debian",
                                        "NEUROVISOR_DEBIAN_SECURITY_MIRROR", "https://own/security"),
                                HOST)
                        .lines())
                .contains("deb https://own/security trixie-security main");
    }

    @Test
    void hidesPasswords() {
        assertThat(DebianSources.choose(Map.of("NEUROVISOR_DEBIAN_MIRROR", "https://me:secret@own/debian"), HOST)
                        .publicAddresses())
                .containsExactly("https://own/debian");
    }
}
