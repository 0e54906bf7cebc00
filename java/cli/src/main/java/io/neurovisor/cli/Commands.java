package io.neurovisor.cli;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * The commands by name, as the help lists them. What a command takes is read by reflection, for all of them longer than the JVM
 * takes to start: so one that is named first is made alone.
 */
final class Commands {
    private static final List<Map.Entry<String, Supplier<?>>> ALL = List.of(
            Map.entry("run", RunCommand::new),
            Map.entry("serve", ServeCommand::new),
            Map.entry("status", StatusCommand::new),
            Map.entry("agent", AgentCommand::new),
            Map.entry("sessions", SessionsCommand::new),
            Map.entry("keys", KeysCommand::new),
            Map.entry("example", ExampleCommand::new),
            Map.entry("bench", BenchCommand::new),
            Map.entry("setup", SetupCommand::new),
            Map.entry("image", ImageCommand::new),
            Map.entry("kernel", KernelCommand::new),
            Map.entry("template", TemplateCommand::new),
            Map.entry("config", ConfigCommand::new),
            Map.entry("doctor", DoctorCommand::new),
            Map.entry("gc", GcCommand::new),
            Map.entry("lab", LabCommand::new),
            Map.entry("uninstall", UninstallCommand::new),
            Map.entry("completion", CompletionCommand::new),
            Map.entry(PrepareImageCommand.NAME, PrepareImageCommand::new),
            Map.entry(RecordStartCommand.NAME, RecordStartCommand::new),
            Map.entry(WriteSbomCommand.NAME, WriteSbomCommand::new));

    /** Tells of all others. */
    private static final String COMPLETION = "completion";

    private Commands() {}

    /** Adds those that these arguments need: the one that they begin with, or all. */
    static void addTo(CommandLine program, List<String> arguments) {
        List<Map.Entry<String, Supplier<?>>> named = ALL.stream()
                .filter(command -> arguments.stream().limit(1).anyMatch(command.getKey()::equals))
                .filter(command -> !command.getKey().equals(COMPLETION))
                .toList();
        (named.isEmpty() ? ALL : named)
                .forEach(command -> program.addSubcommand(
                        command.getKey(), command.getValue().get()));
    }
}
