package io.neurovisor.host.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RootfsHooksTest {
    private static final Optional<RootfsHooks.Parent> PARENT =
            Optional.of(new RootfsHooks.Parent(Path.of("/data/base.squashfs"), Path.of("/home/layer")));
    private static final Path PACKAGES = Path.of("/data/packages");
    private static final Path PYTHON_PACKAGES = Path.of("/data/python");
    private static final Recipe BASE =
            new Recipe("base", Path.of("/home/it's base"), List.of("bash"), Optional.empty(), Optional.empty(), "a");
    private static final Recipe FULL = new Recipe(
            "full", Path.of("/home/full"), List.of("gcc", "rustc"), Optional.of(BASE), Optional.empty(), "b");

    @Test
    void imageWithoutParentRunsItsTwoScripts() {
        List<String> options = new RootfsHooks(BASE, Optional.empty(), Optional.empty(), Optional.empty())
                .options(PACKAGES, PYTHON_PACKAGES);

        assertThat(options)
                .contains(
                        "--dpkgopt=/home/it's base/dpkg.cfg",
                        "--essential-hook=sync-in '/home/it'\\''s base' /tmp/recipe",
                        "--customize-hook=download /tmp/recipe/packages.tsv '/data/packages'")
                .noneMatch(option -> option.contains("setup-hook") || option.contains("python"));
    }

    @Test
    void imageWithParentUnpacksItFirst() {
        List<String> options =
                new RootfsHooks(FULL, PARENT, Optional.empty(), Optional.empty()).options(PACKAGES, PYTHON_PACKAGES);

        assertThat(options)
                .containsSubsequence(
                        "--dpkgopt=/home/it's base/dpkg.cfg",
                        "--dpkgopt=/home/full/dpkg.cfg",
                        "--setup-hook=upload '/data/base.squashfs' /tmp/parent.squashfs",
                        "--setup-hook=sh \"$1/tmp/layer/unpack.sh\" \"$1\"",
                        "--customize-hook=chroot \"$1\" apt-get install --yes gcc rustc >&2",
                        "--customize-hook=chroot \"$1\" sh /tmp/recipe/customize.sh /tmp/recipe",
                        "--customize-hook=chroot \"$1\" sh /tmp/layer/finish.sh");
        assertThat(options.getLast()).contains("deb http://deb.debian.org/debian trixie main");
    }

    @Test
    void modulesToBeImportedAreArgumentsOfTheScript() {
        Recipe recipe = new Recipe(
                "mine-preloaded",
                Path.of("/home/custom"),
                List.of(),
                Optional.of(FULL),
                Optional.of(new ImageDefinition("full", List.of(), List.of(), List.of("numpy", "a.b"))),
                "digest");
        assertThat(new RootfsHooks(recipe, PARENT, Optional.empty(), Optional.empty())
                        .options(PACKAGES, PYTHON_PACKAGES))
                .contains("--customize-hook=chroot \"$1\" sh /tmp/recipe/customize.sh /tmp/recipe numpy a.b");
    }

    @Test
    void pipGetsItsRequirementsAndCertificates() {
        List<String> options = new RootfsHooks(
                        FULL, PARENT, Optional.of(Path.of("/data/requirements")), Optional.of(Path.of("/etc/ca.pem")))
                .options(PACKAGES, PYTHON_PACKAGES);

        assertThat(options)
                .contains(
                        "--setup-hook=upload '/data/requirements' /tmp/recipe/requirements.txt",
                        "--setup-hook=upload '/etc/ca.pem' " + RootfsHooks.CERTIFICATES,
                        "--customize-hook=download /tmp/recipe/python-packages.txt '/data/python'");
    }
}
