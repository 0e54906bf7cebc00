package io.neurovisor.host.nativecalls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A missing library is reported with the command that installs it; an installed one compiles equal rules to equal
 * filters.
 */
final class LibseccompTest {
    private static final List<SeccompRule> RULES = List.of(
            new SeccompRule("read", List.of(), 0),
            new SeccompRule("prctl", List.of(new SeccompRule.Condition(0, 0xffff_ffffL, 38)), 0),
            new SeccompRule("clone3", List.of(), 38));

    @Test
    void reportsHowToInstallAMissingLibrary(@TempDir Path empty) {
        assertThatThrownBy(() -> Libseccomp.in(List.of(empty)))
                .hasMessageContaining("libseccomp.so.2")
                .hasMessageContaining("package libseccomp2")
                .hasMessageContaining("./neurovisor setup");
    }

    @Test
    void equalRulesGiveEqualFilters() {
        byte[] filter = Libseccomp.locate().compile(DefaultAction.KILL, RULES);
        assertThat(filter).isNotEmpty().isEqualTo(Libseccomp.locate().compile(DefaultAction.KILL, RULES));
        assertThat(Libseccomp.locate().fingerprint())
                .isEqualTo(Libseccomp.locate().fingerprint());
    }
}
