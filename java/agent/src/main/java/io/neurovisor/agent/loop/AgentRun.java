package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.Model;
import io.neurovisor.engine.time.Ticker;

/**
 * Lets a model solve tasks with programs that it writes. Works with any model and any code runner. Thread-safe; each thread runs
 * one task.
 */
public final class AgentRun {
    private final Model model;
    private final CodeRunner runner;
    private final AgentLimits limits;
    private final Ticker ticker;

    public AgentRun(Model model, CodeRunner runner, AgentLimits limits) {
        this(model, runner, limits, Ticker.SYSTEM);
    }

    /** Creates a run that measures time with {@code ticker}. */
    public AgentRun(Model model, CodeRunner runner, AgentLimits limits, Ticker ticker) {
        this.model = requireNonNull(model, "model is null");
        this.runner = requireNonNull(runner, "runner is null");
        this.limits = requireNonNull(limits, "limits is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
    }

    /**
     * Blocks until the run has ended. Failures of the model and of machines are results, not exceptions. Interrupting the thread
     * cancels the request and the programs and clears the interrupt; their machines are destroyed when this method returns.
     */
    public AgentResult run(AgentTask task, AgentListener listener) {
        return new Conversation(model, runner, limits, ticker, task, listener).run();
    }
}
