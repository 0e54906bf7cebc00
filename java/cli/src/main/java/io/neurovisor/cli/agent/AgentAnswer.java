package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.cli.console.Lines;

/** Prints only the answer. */
record AgentAnswer(Lines out) implements AgentOutput {
    @Override
    public void ended(AgentResult result) {
        if (!result.answer().isBlank()) {
            out.print(result.answer());
        }
    }
}
