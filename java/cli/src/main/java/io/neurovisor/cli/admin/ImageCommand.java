package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.CommonOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists, builds and removes root images. */
@Command(
        name = "image",
        description = "Lists, builds and removes root images.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = ImageBuildCommand.class)
public final class ImageCommand {
    @Spec
    private CommandSpec spec;

    @Command(name = "list", description = "Lists the built images.", mixinStandardHelpOptions = true)
    void list(@Mixin CommonOptions common) {
        Table table = new Table("NAME", "DIGEST", "SIZE", "PACKAGES", "CREATED");
        common.images()
                .list()
                .forEach(image -> table.row(
                        image.name(),
                        image.problem().isPresent() ? "damaged" : image.digest().substring(0, 12),
                        Table.size(image.sizeBytes()),
                        Integer.toString(image.packageCount()),
                        image.problem().orElseGet(() -> Table.time(image.created()))));
        table.print(spec.commandLine().getOut());
    }

    @Command(
            name = "rm",
            description = "Removes a built image, and all superseded images.",
            mixinStandardHelpOptions = true)
    void remove(@Mixin CommonOptions common, @Parameters(paramLabel = "NAME") String name) {
        try (ConsoleProgress progress = common.progress()) {
            common.images().remove(name, progress);
            common.images().removeOutdated();
        }
    }
}
