package io.neurovisor.cli.bench;

import io.neurovisor.bench.speed.SpeedPlan;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.server.config.Config;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The command lines of this installation's launcher, with the options of this command. */
record LauncherCommands(GuestOptions guest) implements SpeedPlan.Commands {
    @Override
    public ToolCommand serve(SandboxSize size, Path socket, List<String> options) {
        return guest.serve(size, socket, options.toArray(String[]::new));
    }

    @Override
    public ToolCommand runByDaemon(SandboxSize size, Path socket, List<String> program) {
        // The daemon has decided how machines are made; settings of the environment would contradict it.
        ToolCommand command =
                run(List.of("--daemon=on", "--socket=" + socket, "--size=" + size.label()), List.of(), program);
        for (String name : System.getenv().keySet()) {
            command = name.startsWith("NEUROVISOR_") ? command.withEnvironment(name, "") : command;
        }
        return command;
    }

    @Override
    public ToolCommand runAlone(SandboxSize size, List<String> program) {
        return run(List.of("--daemon=off"), guest.arguments(size), program);
    }

    @Override
    public ToolCommand runAlone(SandboxSize size, List<String> program, Path dataDirectory) {
        List<String> others = guest.arguments(size);
        int at = others.indexOf(Config.DATA_DIR.flag());
        return run(
                List.of("--daemon=off", Config.DATA_DIR.flag(), dataDirectory.toString()),
                Stream.concat(
                                others.stream().limit(Math.max(at, 0)),
                                others.stream().skip(at < 0 ? 0 : at + 2L))
                        .toList(),
                program);
    }

    private ToolCommand run(List<String> how, List<String> options, List<String> program) {
        return ToolCommand.of(guest.settings().home().resolve("neurovisor").toString(), "neurovisor", "run")
                .withArguments(how)
                .withArguments(options)
                .withArguments(program);
    }
}
