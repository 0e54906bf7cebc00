package io.neurovisor.cli;

import io.neurovisor.cli.admin.CompletionCommand;
import io.neurovisor.cli.admin.ConfigCommand;
import io.neurovisor.cli.admin.DoctorCommand;
import io.neurovisor.cli.admin.GcCommand;
import io.neurovisor.cli.admin.ImageCommand;
import io.neurovisor.cli.admin.KernelCommand;
import io.neurovisor.cli.admin.LabCommand;
import io.neurovisor.cli.admin.PrepareImageCommand;
import io.neurovisor.cli.admin.SetupCommand;
import io.neurovisor.cli.admin.TemplateCommand;
import io.neurovisor.cli.admin.UninstallCommand;
import io.neurovisor.cli.admin.WriteSbomCommand;
import io.neurovisor.cli.agent.AgentCommand;
import io.neurovisor.cli.bench.BenchCommand;
import io.neurovisor.cli.examples.ExampleCommand;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.run.RecordStartCommand;
import io.neurovisor.cli.run.RunCommand;
import io.neurovisor.cli.serve.KeysCommand;
import io.neurovisor.cli.serve.ServeCommand;
import io.neurovisor.cli.serve.StatusCommand;
import io.neurovisor.cli.sessions.SessionsCommand;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * The commands by name, in the order of the help. Only the command that the arguments begin with is created: picocli reads the
 * options of a command by reflection, which for all commands takes longer than the start of the JVM.
 */
final class Commands {
    private static final String COMPLETION = "completion";

    private Commands() {}

    /** Adds the command that the arguments begin with, or all commands. */
    static void addTo(CommandLine program, Launch launch, List<String> arguments) {
        List<Map.Entry<String, Supplier<?>>> all = all(launch);
        List<Map.Entry<String, Supplier<?>>> named = all.stream()
                .filter(command -> arguments.stream().limit(1).anyMatch(command.getKey()::equals))
                .filter(command -> !command.getKey().equals(COMPLETION))
                .toList();
        (named.isEmpty() ? all : named)
                .forEach(command -> program.addSubcommand(
                        command.getKey(), command.getValue().get()));
    }

    private static List<Map.Entry<String, Supplier<?>>> all(Launch launch) {
        return List.of(
                Map.entry("run", () -> new RunCommand(launch)),
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
                Map.entry("config", () -> new ConfigCommand(launch.environment())),
                Map.entry("doctor", DoctorCommand::new),
                Map.entry("gc", GcCommand::new),
                Map.entry("lab", LabCommand::new),
                Map.entry("uninstall", UninstallCommand::new),
                Map.entry("completion", CompletionCommand::new),
                Map.entry(PrepareImageCommand.NAME, PrepareImageCommand::new),
                Map.entry(RecordStartCommand.NAME, () -> new RecordStartCommand(Main::execute)),
                Map.entry(WriteSbomCommand.NAME, WriteSbomCommand::new));
    }
}
