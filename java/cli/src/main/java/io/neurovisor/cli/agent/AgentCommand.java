package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.trace.TraceIds;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lets a language model work on a task with programs, each of which runs in a fresh microVM. */
@Command(
        name = "agent",
        description = {
            "Lets a language model work on a task: it writes programs, each runs in a fresh microVM, and it "
                    + "reads their output until it has an answer.",
            "Exit codes: 0 answer, 3 limit reached, 4 no model, 5 no sandbox, 130 cancelled, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
public final class AgentCommand implements Callable<Integer> {
    @Mixin
    private final AgentOptions options = new AgentOptions();

    @Parameters(paramLabel = "TASK", description = "The task, in plain words.")
    private String task;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (task.isBlank()) {
            throw new ParameterException(spec.commandLine(), "TASK is empty; describe the task in plain words");
        }
        TraceId traceId = TraceIds.next();
        return new AgentRunner(options, spec.commandLine().getErr()).run(new AgentTask(traceId, task));
    }
}
