package io.neurovisor.examples;

import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.server.trace.TraceIds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Asks a model for the primes under 100, which it computes with a program in a microVM. */
final class AgentPrimes {
    private static final String TASK = "Use Python to print every prime number below 100 in one list";
    private static final List<Integer> PRIMES =
            List.of(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97);
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");
    private static final int READ_CHARACTERS = 10_000;

    private AgentPrimes() {}

    static void run(ExampleRun run) {
        List<CodeResult> programs = new ArrayList<>();
        AgentListener listener = new AgentListener() {
            @Override
            public void executed(ToolCall call, CodeRequest request, CodeResult result) {
                programs.add(result);
            }
        };
        AgentResult result = run.agent().run(new AgentTask(TraceIds.next(), TASK), listener);
        run.check(
                programs.stream().anyMatch(AgentPrimes::isCompleted),
                programs.size() + " programs ran in microVMs, and of them completed with exit code 0: "
                        + programs.stream().filter(AgentPrimes::isCompleted).count());
        run.check(
                programs.stream().anyMatch(AgentPrimes::hasPrintedThePrimes),
                "one of them printed the " + PRIMES.size() + " primes, in order");
        run.check(
                result.end() == AgentEnd.ANSWERED && !result.answer().isBlank(),
                "the model answered after " + result.stats().iterations() + " iterations: "
                        + ExampleRun.shown(result.explanation().isEmpty() ? result.answer() : result.explanation()));
    }

    private static boolean isCompleted(CodeResult result) {
        return result.outcome() == Outcome.COMPLETED && result.exitCode() == 0;
    }

    /** Other words in the output are ignored. */
    private static boolean hasPrintedThePrimes(CodeResult result) {
        List<Integer> printed = NUMBER.matcher(result.stdout().text(READ_CHARACTERS))
                .results()
                .map(MatchResult::group)
                .map(Integer::valueOf)
                .toList();
        // The program may also print the limit or the count.
        return printed.size() <= PRIMES.size() + 2 && Collections.indexOfSubList(printed, PRIMES) >= 0;
    }
}
