package io.neurovisor.host.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MmdebstrapTest {
    private static final Path SCRATCH = Path.of("/data/scratch");

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everybodyUnpacksInTheDataDirectory(boolean root) {
        ToolCommand command = command(root);

        assertThat(command.arguments()).contains("--mode=root", "--variant=minbase", "--include=a,b", "--extra");
        assertThat(command.environment())
                .containsEntry("TMPDIR", "/data/scratch")
                .containsKey("SOURCE_DATE_EPOCH");
    }

    @Test
    void workLeavesNoRootDirectoryBehind() {
        assertThat(mmdebstrap(true)
                        .work("essential", List.of("a"), List.of(), SCRATCH)
                        .arguments())
                .contains("--format=null", "--variant=essential");
    }

    @Test
    void whatIsMountedGoesWithTheProcessesHoweverTheyEnd() {
        assertThat(command(true).program()).isEqualTo("unshare");
        assertThat(command(true).arguments()).startsWith("--mount", "--propagation", "private", "--", "mmdebstrap");
    }

    @Test
    void ordinaryUsersInstallAsRootOfANamespaceWithIdsOfTheirOwn() {
        assertThat(command(false).program()).isEqualTo("unshare");
        assertThat(command(false).arguments())
                .startsWith("--map-root-user", "--map-auto")
                .containsSubsequence("--pid", "sh", "--mount", "--propagation", "private", "--", "mmdebstrap");
    }

    @Test
    void ordinaryUsersPackAsRootOfANamespace() {
        ToolCommand squash = ToolCommand.of("mksquashfs", "squashfs-tools", "-");

        assertThat(mmdebstrap(true).asNamespaceRoot(squash)).isEqualTo(squash);
        assertThat(mmdebstrap(false).asNamespaceRoot(squash).arguments())
                .containsExactly("--map-root-user", "--", "mksquashfs", "-");
    }

    @Test
    void scriptsOfPackagesSeeNoSecretOfTheEnvironment() {
        assertThat(command(true).environment())
                .containsEntry("ANTHROPIC_API_KEY", "")
                .containsEntry("NEUROVISOR_OPENAI_KEY", "")
                .doesNotContainKeys("PATH", "https_proxy");
    }

    @Test
    void proxiesOfTheHostAreCarriedOver() {
        assertThat(command(true).arguments()).contains("--aptopt=Acquire::http::Proxy \"http://proxy:3128\"");
    }

    @Test
    void suiteTargetAndSourcesComeLast() {
        assertThat(command(true).arguments()).endsWith(sources());
    }

    @Test
    void progressIsWhatPeopleUnderstand() {
        assertThat(Mmdebstrap.progress("I: downloading packages with apt..."))
                .contains("downloading packages with apt");
        assertThat(Mmdebstrap.progress("I: running --customize-hook in shell: sh -c"))
                .isEmpty();
        assertThat(Mmdebstrap.progress("I: using /tmp/x as tempdir")).isEmpty();
        assertThat(Mmdebstrap.progress("Get:1 http://deb.debian.org")).isEmpty();
    }

    private static String[] sources() {
        return new String[] {
            "trixie",
            "-",
            "deb http://deb.debian.org/debian trixie main",
            "deb http://deb.debian.org/debian trixie-updates main",
            "deb http://deb.debian.org/debian-security trixie-security main"
        };
    }

    private static ToolCommand command(boolean root) {
        return mmdebstrap(root).tarOf("minbase", List.of("a", "b"), List.of("--extra"), SCRATCH);
    }

    private static Mmdebstrap mmdebstrap(boolean root) {
        return new Mmdebstrap(
                DebianSources.debian(),
                List.of("Acquire::http::Proxy \"http://proxy:3128\""),
                root,
                Set.of("PATH", "https_proxy", "ANTHROPIC_API_KEY", "NEUROVISOR_OPENAI_KEY"));
    }
}
