package io.neurovisor.cli;

import io.neurovisor.host.image.Images;
import io.neurovisor.host.store.DataDirectory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists, builds and removes root images. */
@Command(
        name = "image",
        description = "Lists, builds and removes root images.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class ImageCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: list, build or rm");
    }

    @Command(name = "list", description = "Lists the built images.", mixinStandardHelpOptions = true)
    void list(@Mixin CommonOptions common) {
        Table table = new Table("NAME", "DIGEST", "SIZE", "PACKAGES", "CREATED");
        common.images()
                .list()
                .forEach(image -> table.row(
                        image.name(),
                        image.problem().isPresent() ? "damaged" : image.digest().substring(0, 12),
                        Table.mebibytes(image.sizeBytes()),
                        Integer.toString(image.packageCount()),
                        image.problem().orElseGet(image.created()::toString)));
        table.print(spec.commandLine().getOut());
    }

    @Command(name = "build", description = "Builds an image unless it is there.", mixinStandardHelpOptions = true)
    void build(
            @Mixin CommonOptions common,
            @Option(names = "--rebuild", description = "Build it anew, with what Debian has now.") boolean rebuild,
            @Parameters(paramLabel = "NAME", defaultValue = "base", description = "Default: base.") String name) {
        new DataDirectory(common.config().dataDir()).claim();
        Images images = common.images();
        try (ConsoleProgress progress = common.progress()) {
            if (rebuild) {
                images.rebuild(name, progress);
            } else {
                images.boot(name, progress);
            }
        }
        spec.commandLine().getErr().println("neurovisor: image " + name + " is ready");
    }

    @Command(
            name = "rm",
            description = "Removes a built image, and all that newer ones have replaced.",
            mixinStandardHelpOptions = true)
    void remove(@Mixin CommonOptions common, @Parameters(paramLabel = "NAME") String name) {
        try (ConsoleProgress progress = common.progress()) {
            common.images().remove(name, progress);
            common.images().removeOutdated();
        }
    }
}
