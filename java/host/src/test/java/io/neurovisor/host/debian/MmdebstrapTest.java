package io.neurovisor.host.debian;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.build.BuildNamespace;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MmdebstrapTest {
    private static final BuildNamespace USERS = new BuildNamespace.OfUser();

    @TempDir
    private Path directory;

    @Test
    void unpacksInTheDataDirectory() {
        for (BuildNamespace namespace : List.of(USERS, new BuildNamespace.None())) {
            ToolCommand command = command(namespace);

            assertThat(command.arguments()).contains("--mode=root", "--variant=minbase", "--include=a,b", "--extra");
            assertThat(command.environment())
                    .containsEntry("TMPDIR", scratch(namespace).toString())
                    .containsKey("SOURCE_DATE_EPOCH");
        }
    }

    @Test
    void workLeavesNoRootDirectoryBehind() {
        Mmdebstrap mmdebstrap = mmdebstrap(USERS);
        assertThat(mmdebstrap
                        .work("essential", List.of("a"), List.of(), mmdebstrap.scratch(scratch(USERS)))
                        .arguments())
                .contains("--format=null", "--variant=essential");
    }

    @Test
    void mountsVanishWithTheProcesses() {
        ToolCommand command = command(new BuildNamespace.None());
        assertThat(command.program()).isEqualTo("unshare");
        assertThat(command.arguments()).startsWith("--mount", "--propagation", "private", "--", "mmdebstrap");
    }

    @Test
    void ordinaryUsersInstallAsRootOfANamespace() {
        assertThat(command(USERS).program()).isEqualTo("unshare");
        assertThat(command(USERS).arguments())
                .startsWith("--map-root-user", "--map-auto")
                .containsSubsequence("--pid", "sh", "--mount", "--propagation", "private", "--", "mmdebstrap");
    }

    @Test
    void hidesSecretsFromScriptsOfPackages() {
        assertThat(command(USERS).environment())
                .containsEntry("ANTHROPIC_API_KEY", "")
                .containsEntry("NEUROVISOR_OPENAI_KEY", "")
                .doesNotContainKeys("PATH", "https_proxy");
    }

    @Test
    void passesOnProxiesOfTheHost() {
        assertThat(command(USERS).arguments()).contains("--aptopt=Acquire::http::Proxy \"http://proxy:3128\"");
    }

    @Test
    void suiteTargetAndSourcesComeLast() {
        assertThat(command(USERS).arguments()).endsWith(sources());
    }

    @Test
    void reportsReadableProgress() {
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

    private ToolCommand command(BuildNamespace namespace) {
        Mmdebstrap mmdebstrap = mmdebstrap(namespace);
        return mmdebstrap.tarOf(
                "minbase", List.of("a", "b"), List.of("--extra"), mmdebstrap.scratch(scratch(namespace)));
    }

    private Path scratch(BuildNamespace namespace) {
        return directory.resolve(namespace.getClass().getSimpleName());
    }

    private static Mmdebstrap mmdebstrap(BuildNamespace namespace) {
        return new Mmdebstrap(
                DebianSources.debian(),
                List.of("Acquire::http::Proxy \"http://proxy:3128\""),
                namespace,
                Set.of("PATH", "https_proxy", "ANTHROPIC_API_KEY", "NEUROVISOR_OPENAI_KEY"));
    }
}
