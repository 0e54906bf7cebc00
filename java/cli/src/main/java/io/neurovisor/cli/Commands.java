package io.neurovisor.cli;

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
import io.neurovisor.cli.completion.CompletionCommand;
import io.neurovisor.cli.completion.InstallCommand;
import io.neurovisor.cli.examples.ExampleCommand;
import io.neurovisor.cli.help.HelpCommand;
import io.neurovisor.cli.help.LauncherCommand;
import io.neurovisor.cli.help.VersionCommand;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.run.RecordStartCommand;
import io.neurovisor.cli.run.RunCommand;
import io.neurovisor.cli.sandbox.SandboxCommand;
import io.neurovisor.cli.serve.KeysCommand;
import io.neurovisor.cli.serve.LogsCommand;
import io.neurovisor.cli.serve.PsCommand;
import io.neurovisor.cli.serve.ServeCommand;
import io.neurovisor.cli.serve.StatusCommand;
import io.neurovisor.cli.serve.StopCommand;
import io.neurovisor.cli.sessions.SessionsCommand;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * The commands by name, in the order of the help. Only the command that the arguments begin with is created: picocli reads the
 * options of a command by reflection, which for all commands takes longer than the start of the JVM.
 */
final class Commands {
    /** The headings of the help. */
    static final Map<String, List<String>> GROUPS = groups();

    /** Commands that need the others. */
    private static final Set<String> ABOUT_ALL = Set.of("completion", "help", "install");

    private Commands() {}

    /** Adds the command that the arguments begin with, or all commands. */
    static void addTo(CommandLine program, Launch launch, List<String> arguments) {
        List<Map.Entry<String, Supplier<?>>> all = all(launch);
        List<Map.Entry<String, Supplier<?>>> named = all.stream()
                .filter(command -> arguments.stream().limit(1).anyMatch(command.getKey()::equals))
                .filter(command -> !ABOUT_ALL.contains(command.getKey()))
                .toList();
        (named.isEmpty() ? all : named)
                .forEach(command -> program.addSubcommand(
                        command.getKey(), command.getValue().get()));
    }

    private static Map<String, List<String>> groups() {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        groups.put("Programs", List.of("run", "sandbox", "agent", "sessions", "example"));
        groups.put("Daemon", List.of("serve", "status", "ps", "logs", "stop", "keys", "service"));
        groups.put(
                "This machine",
                List.of("setup", "doctor", "config", "image", "kernel", "template", "gc", "install", "uninstall"));
        groups.put("Tests and packages", List.of("test", "check", "bench", "lab", "bpf", "oci", "sbom"));
        groups.put("Help", List.of("help", "version", "completion"));
        return groups;
    }

    private static List<Map.Entry<String, Supplier<?>>> all(Launch launch) {
        return List.of(
                Map.entry("run", () -> new RunCommand(launch)),
                Map.entry("sandbox", () -> SandboxCommand.of(launch)),
                Map.entry("agent", AgentCommand::new),
                Map.entry("sessions", SessionsCommand::new),
                Map.entry("example", ExampleCommand::new),
                Map.entry("serve", ServeCommand::new),
                Map.entry("status", StatusCommand::new),
                Map.entry("ps", PsCommand::new),
                Map.entry("logs", LogsCommand::new),
                Map.entry("stop", StopCommand::new),
                Map.entry("keys", KeysCommand::new),
                launcher("service", "Installs or removes the systemd unit of the daemon."),
                Map.entry("setup", SetupCommand::new),
                Map.entry("doctor", DoctorCommand::new),
                Map.entry("config", () -> new ConfigCommand(launch.environment())),
                Map.entry("image", ImageCommand::new),
                Map.entry("kernel", KernelCommand::new),
                Map.entry("template", TemplateCommand::new),
                Map.entry("gc", GcCommand::new),
                Map.entry("install", () -> new InstallCommand(launch.environment())),
                Map.entry("uninstall", () -> new UninstallCommand(launch.environment())),
                launcher("test", "Installs what the tests need and runs them."),
                launcher("check", "Judges the sources without a virtual machine: formats, rules, pages."),
                Map.entry("bench", BenchCommand::new),
                Map.entry("lab", LabCommand::new),
                launcher("bpf", "Compiles the eBPF programs, by which the kernel watches VMMs."),
                launcher("oci", "Makes a container image."),
                launcher("sbom", "Writes the bill of materials: each library and crate with version and licence."),
                Map.entry("help", HelpCommand::new),
                Map.entry("version", VersionCommand::new),
                Map.entry("completion", CompletionCommand::new),
                Map.entry(PrepareImageCommand.NAME, PrepareImageCommand::new),
                Map.entry(RecordStartCommand.NAME, () -> new RecordStartCommand(Main::execute)),
                Map.entry(WriteSbomCommand.NAME, WriteSbomCommand::new));
    }

    private static Map.Entry<String, Supplier<?>> launcher(String name, String description) {
        return Map.entry(name, () -> new LauncherCommand(name, description).spec());
    }
}
