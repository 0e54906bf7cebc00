package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.CommonOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists and removes templates. */
@Command(
        name = "template",
        description = "Lists and removes templates. A template is made when it is first needed.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class TemplateCommand {
    @Spec
    private CommandSpec spec;

    @Command(name = "list", description = "Lists the templates.", mixinStandardHelpOptions = true)
    void list(@Mixin CommonOptions common) {
        Table table = new Table("TEMPLATE", "IMAGE", "SIZE", "VMM", "DISK", "CREATED");
        common.templates()
                .list()
                .forEach(template -> table.row(
                        template.digest().substring(0, 12),
                        template.image(),
                        template.size(),
                        template.vmm(),
                        Table.size(template.diskBytes()),
                        Table.time(template.created())));
        table.print(spec.commandLine().getOut());
    }

    @Command(name = "rm", description = "Removes templates.", mixinStandardHelpOptions = true)
    void remove(
            @Mixin CommonOptions common,
            @Parameters(paramLabel = "TEMPLATE", description = "The name that list shows, or all.") String template) {
        try (ConsoleProgress progress = common.progress()) {
            common.templates().remove(template, progress);
        }
    }
}
