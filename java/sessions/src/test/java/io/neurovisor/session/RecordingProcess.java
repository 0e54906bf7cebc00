package io.neurovisor.session;

import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A separate process that records runs and reports what is certainly on disk. */
final class RecordingProcess {
    private RecordingProcess() {}

    /** The arguments are: DIRECTORY CALLS TRACE-ID... */
    public static void main(String[] arguments) {
        try (Sessions sessions = Sessions.open(Path.of(arguments[0]), InstantSource.system(), Ticker.SYSTEM)) {
            for (String traceId : List.of(arguments).subList(2, arguments.length)) {
                AgentTask task = new AgentTask(new TraceId(UUID.fromString(traceId)), "count");
                try (SessionRecorder recorder =
                        sessions.record(SessionOwner.ofThisProcess(), Optional.empty(), task, "talkative")) {
                    run(task, Integer.parseInt(arguments[1]), recorder);
                }
            }
        }
    }

    static AgentResult run(AgentTask task, int calls, SessionRecorder recorder) {
        AgentLimits limits = new AgentLimits(calls + 1, Integer.MAX_VALUE, calls + 1, 1, Duration.ofMinutes(5), 1000);
        return new AgentRun(new TalkativeModel(calls), RecordingProcess::execute, limits)
                .run(task, new Acknowledging(recorder));
    }

    private static CodeResult execute(CodeRequest request) {
        return new CodeResult(
                Outcome.COMPLETED,
                0,
                Duration.ofMillis(12),
                Excerpt.of(request.code().replace("echo ", "") + "\n"),
                Excerpt.EMPTY,
                Optional.empty(),
                "");
    }

    static Process start(Path directory, int calls, TraceId... runs) throws IOException {
        List<String> command = Stream.of(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin/java")
                                        .toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                RecordingProcess.class.getName(),
                                directory.toString(),
                                Integer.toString(calls)),
                        Stream.of(runs).map(TraceId::toString))
                .flatMap(words -> words)
                .toList();
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Returns when this many programs have been acknowledged. */
    static int await(Process process, int programs) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        return Math.toIntExact(IntStream.range(0, programs)
                .mapToObj(_ -> line(lines))
                .filter("executed"::equals)
                .count());
    }

    private static String line(BufferedReader lines) {
        try {
            return String.valueOf(lines.readLine());
        } catch (IOException exception) {
            throw new java.io.UncheckedIOException(exception);
        }
    }

    /** Forwards all events and prints a line after each recorded program. */
    private record Acknowledging(SessionRecorder recorder) implements AgentListener {
        @Override
        public void iteration(int number, String model) {
            recorder.iteration(number, model);
        }

        @Override
        public void text(String piece) {
            recorder.text(piece);
        }

        @Override
        public void executed(ToolCall call, CodeRequest request, CodeResult result) {
            recorder.executed(call, request, result);
            System.out.println("executed");
        }

        @Override
        public void refused(ToolCall call, String reason) {
            recorder.refused(call, reason);
        }

        @Override
        public void said(Message message) {
            recorder.said(message);
        }

        @Override
        public void ended(AgentResult result) {
            recorder.ended(result);
        }
    }
}
