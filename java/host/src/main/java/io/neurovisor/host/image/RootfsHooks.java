package io.neurovisor.host.image;

import io.neurovisor.host.debian.DebianSources;
import io.neurovisor.host.debian.InstalledPackage;
import io.neurovisor.host.debian.Mmdebstrap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The mmdebstrap options that run a recipe's scripts.
 *
 * <p>mmdebstrap itself copies files of the host: in a user namespace nothing else could read a private directory.
 * Package names and paths inside are checked, paths outside are quoted.
 *
 * @param parent the image that the recipe extends
 * @param requirements the requirements file for pip
 * @param certificates the authorities that pip trusts
 */
record RootfsHooks(Recipe recipe, Optional<Parent> parent, Optional<Path> requirements, Optional<Path> certificates) {
    static final String CERTIFICATES = "/tmp/recipe/certificates.pem";
    private static final String RECIPE = "/tmp/recipe";

    /**
     * A parent image.
     *
     * @param scripts the directory with the scripts that unpack it and finish the layer above it
     */
    record Parent(Path rootfs, Path scripts) {}

    /**
     * Returns all options in order.
     *
     * @param packages the file for the list of Debian packages
     * @param pythonPackages the file for the list of Python packages
     */
    List<String> options(Path packages, Path pythonPackages) {
        List<String> options = new ArrayList<>();
        recipe.directories().forEach(directory -> options.add("--dpkgopt=" + directory.resolve("dpkg.cfg")));
        options.addAll(parent.map(this::extend).orElseGet(this::begin));
        options.addAll(record(packages, pythonPackages));
        return options;
    }

    private List<String> begin() {
        return List.of(
                "--essential-hook=mkdir \"$1%s\"".formatted(RECIPE),
                "--essential-hook=sync-in %s %s".formatted(Mmdebstrap.quote(recipe.directory()), RECIPE),
                "--essential-hook=chroot \"$1\" sh %s/prepare.sh %s".formatted(RECIPE, RECIPE),
                "--customize-hook=chroot \"$1\" sh %s/customize.sh %s".formatted(RECIPE, RECIPE));
    }

    private List<String> extend(Parent extended) {
        List<String> options = new ArrayList<>(List.of(
                "--setup-hook=mkdir -p \"$1%s\" \"$1/tmp/layer\"".formatted(RECIPE),
                "--setup-hook=sync-in %s /tmp/layer".formatted(Mmdebstrap.quote(extended.scripts())),
                "--setup-hook=sync-in %s %s".formatted(Mmdebstrap.quote(recipe.directory()), RECIPE),
                "--setup-hook=upload %s /tmp/parent.squashfs".formatted(Mmdebstrap.quote(extended.rootfs())),
                "--setup-hook=sh \"$1/tmp/layer/unpack.sh\" \"$1\""));
        requirements.ifPresent(file ->
                options.add("--setup-hook=upload %s %s/requirements.txt".formatted(Mmdebstrap.quote(file), RECIPE)));
        certificates.ifPresent(
                file -> options.add("--setup-hook=upload %s %s".formatted(Mmdebstrap.quote(file), CERTIFICATES)));
        if (!recipe.packages().isEmpty()) {
            options.add("--customize-hook=chroot \"$1\" apt-get install --yes %s >&2"
                    .formatted(String.join(" ", recipe.packages())));
        }
        String preload = String.join(
                " ", recipe.definition().map(ImageDefinition::preload).orElse(List.of()));
        options.add("--customize-hook=chroot \"$1\" sh %s/customize.sh %s %s"
                .formatted(RECIPE, RECIPE, preload)
                .strip());
        options.add("--customize-hook=chroot \"$1\" sh /tmp/layer/finish.sh");
        return options;
    }

    private List<String> record(Path packages, Path pythonPackages) {
        List<String> options = new ArrayList<>(List.of(
                "--customize-hook=chroot \"$1\" dpkg-query -W -f='%s' >\"$1%s/packages.tsv\""
                        .formatted(InstalledPackage.QUERY_FORMAT, RECIPE),
                "--customize-hook=download %s/packages.tsv %s".formatted(RECIPE, Mmdebstrap.quote(packages))));
        if (requirements.isPresent()) {
            options.add("--customize-hook=download %s/python-packages.txt %s"
                    .formatted(RECIPE, Mmdebstrap.quote(pythonPackages)));
        }
        // Proxies and mirrors of the host, with their passwords, must not reach a machine.
        options.add(
                "--customize-hook=rm -rf \"$1%s\" \"$1\"/etc/apt/apt.conf.d/99mmdebstrap \"$1\"/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
                        .formatted(RECIPE));
        options.add("--customize-hook=printf '%s\\n' >\"$1\"/etc/apt/sources.list"
                .formatted(String.join("\\n", DebianSources.debian().lines())));
        return options;
    }
}
