package io.neurovisor.cli.sessions;

import io.neurovisor.cli.agent.AgentOptions;
import io.neurovisor.cli.agent.AgentRunner;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.trace.TraceIds;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Continues a recorded conversation with another task. */
@Command(
        name = "resume",
        description = {
            "Continues one of your sessions with another task; the model reads the previous conversation.",
            "The last model of the session is used unless another one is set. Options and exit codes are those of agent."
        },
        mixinStandardHelpOptions = true)
final class SessionsResumeCommand implements Callable<Integer> {
    @Mixin
    private final AgentOptions options = new AgentOptions();

    @Parameters(index = "0", paramLabel = "ID", description = "The id that list shows, its beginning, or last.")
    private String id;

    @Parameters(index = "1", paramLabel = "TASK", description = "The next task, in plain words.")
    private String task;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (task.isBlank()) {
            throw new ParameterException(spec.commandLine(), "TASK is empty; describe the task in plain words");
        }
        TraceId traceId = TraceIds.next();
        return new AgentRunner(options, spec.commandLine().getErr()).resume(id, traceId, task);
    }
}
