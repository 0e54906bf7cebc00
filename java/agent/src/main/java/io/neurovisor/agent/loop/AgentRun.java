package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.Model;
import io.neurovisor.engine.time.Ticker;

/**
 * Lets a model work on tasks with programs that it writes: the whole of agent mode but the terminal. Usable with any model and
 * any place to run code; safe for use by many threads, one task each.
 */
public final class AgentRun {
    private final Model model;
    private final CodeRunner runner;
    private final AgentLimits limits;
    private final Ticker ticker;

    public AgentRun(Model model, CodeRunner runner, AgentLimits limits) {
        this(model, runner, limits, Ticker.SYSTEM);
    }

    /** With a clock of the caller's. */
    public AgentRun(Model model, CodeRunner runner, AgentLimits limits, Ticker ticker) {
        this.model = requireNonNull(model, "model is null");
        this.runner = requireNonNull(runner, "runner is null");
        this.limits = requireNonNull(limits, "limits is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
    }

    /**
     * Blocks until the run has ended, however it did: failures of model and sandboxes are results. Interrupting the thread
     * cancels request and programs; their machines are gone when this returns, and the interruption is served.
     */
    public AgentResult run(AgentTask task, AgentListener listener) {
        return new Conversation(model, runner, limits, ticker, task, listener).run();
    }
}
