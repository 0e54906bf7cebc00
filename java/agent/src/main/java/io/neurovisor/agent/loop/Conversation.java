package io.neurovisor.agent.loop;

import io.neurovisor.agent.calls.CallText;
import io.neurovisor.agent.calls.ParsedReply;
import io.neurovisor.agent.model.CodeTool;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Executes the steps that {@link LoopState} decides on, for one run. Not thread-safe and not reusable. */
final class Conversation {
    private final Model model;
    private final CodeTool tool;
    private final Turn turn;
    private final AgentLimits limits;
    private final Ticker ticker;
    private final AgentTask task;
    private final AgentListener listener;
    private final LoopState state;
    private final ContextWindow window;
    private final Deadline deadline;
    private final long startNanos;
    private final List<Message> messages = new ArrayList<>();
    private List<ToolCall> pending = List.of();
    private Usage usage = Usage.NONE;
    private Optional<Duration> loadTime = Optional.empty();
    private String answer = "";
    private String lastOutput = "";
    private String explanation = "";

    Conversation(
            Model model, CodeRunner runner, AgentLimits limits, Ticker ticker, AgentTask task, AgentListener listener) {
        this.model = model;
        this.tool = runner.tool();
        this.turn = new Turn(runner, tool == CodeTool.CELL ? 1 : limits.parallelCalls());
        this.limits = limits;
        this.ticker = ticker;
        this.task = task;
        this.listener = listener;
        this.state = new LoopState(limits);
        this.window = new ContextWindow(model.contextTokens());
        this.deadline = Deadline.after(limits.time(), ticker);
        this.startNanos = ticker.nanos();
    }

    AgentResult run() {
        messages.addAll(task.history());
        say(new Message.User(task.text()));
        LoopStep step = state.on(new LoopEvent.Begun());
        while (true) {
            switch (step) {
                case LoopStep.Ask ask -> step = state.on(asked(ask));
                case LoopStep.Execute() -> step = state.on(executed());
                case LoopStep.Finish(AgentEnd end) -> {
                    return finished(end);
                }
            }
        }
    }

    private LoopEvent asked(LoopStep.Ask ask) {
        if (Thread.interrupted()) {
            return new LoopEvent.Stopped(AgentEnd.CANCELLED);
        }
        if (deadline.hasPassed()) {
            return new LoopEvent.Stopped(AgentEnd.TIME_LIMIT);
        }
        if (ask.afterNothing()) {
            say(new Message.User(Instructions.NOTHING_SAID));
        }
        listener.iteration(ask.iteration(), model.name());
        List<Message> asked = new ArrayList<>(List.of(new Message.Instruction(Instructions.of(model, tool))));
        asked.addAll(messages);
        List<Message> fitting = window.fit(asked);
        PartialReply partial = new PartialReply(listener);
        try {
            ModelReply reply = model.ask(
                    new ModelRequest(fitting, deadline.remaining())
                            .withTool(tool)
                            .tracedBy(task.traceId()),
                    partial);
            window.learn(ContextWindow.length(fitting), reply.usage().prompt());
            return replied(reply);
        } catch (ModelFailure failure) {
            explanation = failure.explanation();
            keep(partial.text());
            return new LoopEvent.Stopped(endOf(failure));
        }
    }

    /** Keeps the answer in the text of an interrupted reply, without calls, which may be incomplete. */
    private void keep(String text) {
        String part = CallText.read(text, ExecuteCode.NAMES).answer();
        if (!part.isBlank()) {
            answer = part;
            say(new Message.Assistant(part, List.of()));
        }
    }

    private LoopEvent replied(ModelReply reply) {
        ParsedReply reading = CallText.read(reply.text(), ExecuteCode.NAMES);
        // A server with native tools has parsed the calls itself, so what looks like a call in the text is text.
        pending = reply.calls().isEmpty() ? reading.calls() : reply.calls();
        usage = new Usage(
                usage.prompt() + reply.usage().prompt(),
                usage.reply() + reply.usage().reply());
        loadTime = loadTime.or(reply::loadTime);
        if (!reading.answer().isBlank()) {
            answer = reading.answer();
        }
        say(new Message.Assistant(reading.answer(), pending));
        return new LoopEvent.Replied(
                pending.size(), !reading.answer().isBlank(), reply.usage().total());
    }

    private LoopEvent executed() {
        List<Turn.Item> items = new ArrayList<>();
        for (ToolCall call : pending) {
            listener.called(call);
            items.add(new Turn.Item(call, ExecuteCode.check(tool, call, task.traceId())));
        }
        Map<Turn.Item, Message.ToolResult> results = new HashMap<>();
        try {
            turn.execute(items, deadline, (item, request, result) -> {
                results.put(item, message(item, result));
                lastOutput = result.stdout().text(limits.outputCharacters());
                listener.executed(item.call(), request, result);
            });
            return new LoopEvent.Executed();
        } catch (InterruptedException exception) {
            return new LoopEvent.Stopped(AgentEnd.CANCELLED);
        } catch (Turn.TimeIsOver exception) {
            return new LoopEvent.Stopped(AgentEnd.TIME_LIMIT);
        } catch (NeuroVisorException exception) {
            explanation = String.valueOf(exception.getMessage());
            return new LoopEvent.Stopped(
                    exception.fault() == Fault.INTERRUPTED ? AgentEnd.CANCELLED : AgentEnd.SANDBOX_FAILED);
        } finally {
            // Each call needs a result, even in a conversation that ends early.
            items.forEach(item -> tell(item, results.get(item)));
            ResultImages.keepNewest(messages);
        }
    }

    private Message.ToolResult message(Turn.Item item, CodeResult result) {
        return new Message.ToolResult(
                item.call(),
                ResultText.of(result, limits.outputCharacters()),
                model.hasVision() ? ResultImages.of(result) : List.of());
    }

    private void tell(Turn.Item item, Message.@Nullable ToolResult result) {
        if (item.checked() instanceof ExecuteCode.Checked.Wrong(String message)) {
            listener.refused(item.call(), message);
            say(new Message.ToolResult(item.call(), message));
        } else {
            say(result == null ? new Message.ToolResult(item.call(), "error: it was not executed to its end") : result);
        }
    }

    private void say(Message message) {
        messages.add(message);
        listener.said(message);
    }

    private AgentResult finished(AgentEnd end) {
        // Interrupted while it was about to end: the caller has its result, and cleans up undisturbed.
        boolean _ = Thread.interrupted();
        String text = answer.isBlank() ? lastOutput.strip() : answer;
        AgentStats stats = new AgentStats(
                state.iterations(), state.toolCalls(), usage, loadTime, Duration.ofNanos(ticker.nanos() - startNanos));
        AgentResult result = new AgentResult(end, text, explained(end), stats, messages);
        listener.ended(result);
        return result;
    }

    private String explained(AgentEnd end) {
        return switch (end) {
            case ANSWERED -> "";
            case ITERATION_LIMIT ->
                "no answer after " + limits.iterations() + " iterations; allow more with --max-iterations";
            case TOKEN_LIMIT -> "no answer within " + limits.tokens() + " tokens; allow more with --max-tokens";
            case TOOL_CALL_LIMIT ->
                "no answer within " + limits.toolCalls() + " tool calls; allow more with --max-tool-calls";
            case TIME_LIMIT -> "no answer within " + limits.time().toSeconds() + " s; allow more with --agent-timeout";
            case CANCELLED -> "cancelled";
            case MODEL_FAILED, SANDBOX_FAILED -> explanation;
        };
    }

    private static AgentEnd endOf(ModelFailure failure) {
        return switch (failure.reason()) {
            case CANCELLED -> AgentEnd.CANCELLED;
            case OUT_OF_TIME -> AgentEnd.TIME_LIMIT;
            default -> AgentEnd.MODEL_FAILED;
        };
    }
}
