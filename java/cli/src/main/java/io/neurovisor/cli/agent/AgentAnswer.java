package io.neurovisor.cli.agent;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.cli.console.Lines;

/** Prints only the answer. */
final class AgentAnswer implements AgentOutput {
    private final Lines out;

    AgentAnswer(Lines out) {
        this.out = requireNonNull(out, "out is null");
    }

    @Override
    public void ended(AgentResult result) {
        if (!result.answer().isBlank()) {
            out.print(result.answer());
        }
    }
}
