package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Channel;
import io.grpc.Status;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentLimits;
import io.neurovisor.proto.agent.AgentOutcome;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.tests.hostile.clients.ClientAttack.Defence;
import io.neurovisor.tests.hostile.clients.ClientAttack.Group;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Attacks by agent runs and model requests that are excessive, endless or name sessions of other clients. */
final class ModelAttacks {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final InferenceRequest QUESTION = InferenceRequest.newBuilder()
            .setPrompt("Hello")
            .setModel(HostileModels.BRIEF)
            .build();
    private static final RunAgentRequest TASK = RunAgentRequest.newBuilder()
            .setTask("Say hello")
            .setModel(HostileModels.BRIEF)
            .setNoHistory(true)
            .build();

    private ModelAttacks() {}

    static List<ClientAttack> all() {
        return List.of(
                model(
                        "large_tasks",
                        "Gives tasks and prompts of more than 1 MiB, of nothing, and with NUL.",
                        Defence.FORM,
                        ModelAttacks::largeTasks),
                model(
                        "greedy_limits",
                        "Asks for more iterations, tokens, programs and time than are allowed.",
                        Defence.FORM,
                        ModelAttacks::greedyLimits),
                model(
                        "model_names",
                        "Names models by paths, commands and control characters.",
                        Defence.FORM,
                        ModelAttacks::modelNames),
                model(
                        "missing_models",
                        "Asks for eighty models that the server does not have.",
                        Defence.FORM,
                        ModelAttacks::missingModels),
                model(
                        "many_labels",
                        "Sends 33 labels, long ones, and a system prompt of 65 KiB.",
                        Defence.FORM,
                        ModelAttacks::manyLabels),
                model(
                                "endless_programs",
                                "Has a model that always wants another program run.",
                                Defence.LIMITS,
                                ModelAttacks::endlessPrograms)
                        .inShortTier(),
                model(
                        "endless_answer",
                        "Asks a model that answers without an end for one message.",
                        Defence.MEMORY,
                        ModelAttacks::endlessAnswer),
                model(
                        "unread_answer",
                        "Reads nothing of a model that answers without an end.",
                        Defence.TIME,
                        ModelAttacks::unreadAnswer),
                model(
                        "unread_run",
                        "Reads nothing of an agent run whose model answers without an end.",
                        Defence.TIME,
                        ModelAttacks::unreadRun),
                model(
                        "silent_models",
                        "Asks a model that never answers eighty times, and leaves.",
                        Defence.NOTHING,
                        ModelAttacks::silentModels),
                model(
                        "expired_questions",
                        "Asks a model that never answers, with deadlines of a second.",
                        Defence.TIME,
                        ModelAttacks::expiredQuestions),
                model(
                        "guessed_sessions",
                        "Continues sessions by guessed and malformed ids.",
                        Defence.OWNERS,
                        ModelAttacks::guessedSessions),
                model(
                        "foreign_session",
                        "Continues the session of another client by its id.",
                        Defence.OWNERS,
                        ModelAttacks::foreignSession));
    }

    private static ClientAttack model(String name, String title, Defence stoppedBy, ClientAttack.Script script) {
        return new ClientAttack(Group.MODELS, name, title, stoppedBy, script);
    }

    private static ListenableFuture<?> ask(Channel channel, InferenceRequest request) {
        return InferenceServiceGrpc.newFutureStub(channel).infer(request);
    }

    /** Starts an agent run and ignores its events. */
    private static ListenableFuture<?> run(Channel channel, RunAgentRequest request) {
        return Calls.stream(channel, AgentServiceGrpc.getRunAgentMethod(), request);
    }

    private static void largeTasks(Attacker attacker) throws Exception {
        Channel channel = attacker.channel(KeyHolder.GREEDY);
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (String text : List.of("x".repeat((1 << 20) + 1), "", " \n", "x\0y")) {
            calls.add(ask(channel, QUESTION.toBuilder().setPrompt(text).build()));
            calls.add(run(channel, TASK.toBuilder().setTask(text).build()));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void greedyLimits(Attacker attacker) throws Exception {
        Channel channel = attacker.channel(KeyHolder.GREEDY);
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (AgentLimits.Builder limits : List.of(
                AgentLimits.newBuilder().setIterations(-1),
                AgentLimits.newBuilder().setTokens(Integer.MAX_VALUE),
                AgentLimits.newBuilder().setToolCalls(100_000),
                AgentLimits.newBuilder().setTimeoutSecs(Integer.MIN_VALUE))) {
            calls.add(run(channel, TASK.toBuilder().setLimits(limits).build()));
        }
        calls.add(ask(channel, QUESTION.toBuilder().setTemperature(Float.NaN).build()));
        calls.add(ask(channel, QUESTION.toBuilder().setTemperature(-1).build()));
        calls.add(ask(channel, QUESTION.toBuilder().setMaxTokens(-1).build()));
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void modelNames(Attacker attacker) throws Exception {
        Channel channel = attacker.channel(KeyHolder.GREEDY);
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (String name : List.of("$(reboot)", "a b", "a\nb", "\u001b[2J", "x".repeat(257), "a\"b", "ä", "\0")) {
            calls.add(ask(channel, QUESTION.toBuilder().setModel(name).build()));
            calls.add(run(channel, TASK.toBuilder().setModel(name).build()));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void missingModels(Attacker attacker) throws Exception {
        Channel channel = attacker.channel(KeyHolder.GREEDY);
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 80; count++) {
            calls.add(ask(
                    channel,
                    QUESTION.toBuilder().setModel(HostileModels.MISSING + count).build()));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("NOT_FOUND"));
        assertThat(attacker.daemon().status().metrics()).noneMatch(line -> line.contains("\"" + HostileModels.MISSING));
    }

    private static void manyLabels(Attacker attacker) throws Exception {
        Channel channel = attacker.channel(KeyHolder.GREEDY);
        InferenceRequest.Builder many = QUESTION.toBuilder();
        for (int count = 0; count < 33; count++) {
            many.putMetadata("label" + count, "x");
        }
        List<ListenableFuture<?>> calls = new ArrayList<>();
        calls.add(ask(channel, many.build()));
        for (Map.Entry<String, String> label : Map.of(
                        "x".repeat(65),
                        "x",
                        "a b",
                        "x",
                        "x",
                        "y".repeat(1025),
                        "y",
                        "\u001b[2J",
                        "system_prompt",
                        "x".repeat(65 << 10))
                .entrySet()) {
            calls.add(ask(
                    channel,
                    QUESTION.toBuilder()
                            .putMetadata(label.getKey(), label.getValue())
                            .build()));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void endlessPrograms(Attacker attacker) {
        List<AgentEvent> events = new ArrayList<>();
        AgentServiceGrpc.newBlockingStub(attacker.channel(KeyHolder.GREEDY))
                .runAgent(TASK.toBuilder()
                        .setModel(HostileModels.CALLING)
                        .setLimits(AgentLimits.newBuilder().setToolCalls(2))
                        .build())
                .forEachRemaining(events::add);
        assertThat(events.getLast().getFinished().getOutcome()).isEqualTo(AgentOutcome.AGENT_OUTCOME_TOOL_CALL_LIMIT);
        assertThat(events.stream().filter(AgentEvent::hasExecution)).hasSizeLessThanOrEqualTo(2);
    }

    private static void endlessAnswer(Attacker attacker) throws Exception {
        assertThat(Calls.end(ask(
                        attacker.channel(KeyHolder.GREEDY),
                        QUESTION.toBuilder().setModel(HostileModels.ENDLESS).build())))
                .isEqualTo("FAILED_PRECONDITION/MODEL_REFUSED");
    }

    private static void unreadAnswer(Attacker attacker) throws Exception {
        UnreadCall<?, ?> call = UnreadCall.begin(
                attacker.channel(KeyHolder.GREEDY),
                InferenceServiceGrpc.getInferStreamMethod(),
                QUESTION.toBuilder().setModel(HostileModels.ENDLESS).build());
        await().atMost(LIMIT).until(attacker.daemon().status()::callsInFlight, open -> open == 1);
        await().atMost(LIMIT).until(attacker.daemon().status()::callsInFlight, open -> open == 0);
        assertThat(call.end()).isEqualTo(Status.Code.CANCELLED);
    }

    private static void unreadRun(Attacker attacker) throws Exception {
        UnreadCall<?, ?> call = UnreadCall.begin(
                attacker.channel(KeyHolder.GREEDY),
                AgentServiceGrpc.getRunAgentMethod(),
                TASK.toBuilder().setModel(HostileModels.ENDLESS).build());
        await().atMost(LIMIT).until(attacker.daemon().status()::callsInFlight, open -> open == 1);
        await().atMost(LIMIT).until(attacker.daemon().status()::callsInFlight, open -> open == 0);
        assertThat(call.end()).isEqualTo(Status.Code.CANCELLED);
    }

    private static void silentModels(Attacker attacker) {
        Channel channel = attacker.channel(KeyHolder.GREEDY);
        for (int count = 0; count < 40; count++) {
            ListenableFuture<?> _ = ask(
                    channel, QUESTION.toBuilder().setModel(HostileModels.SILENT).build());
            ListenableFuture<?> _ =
                    run(channel, TASK.toBuilder().setModel(HostileModels.SILENT).build());
        }
        await().atMost(LIMIT).until(attacker.daemon().status()::callsInFlight, open -> open == 80);
    }

    private static void expiredQuestions(Attacker attacker) throws Exception {
        Channel channel = attacker.channel(KeyHolder.GREEDY);
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 20; count++) {
            calls.add(InferenceServiceGrpc.newFutureStub(channel)
                    .withDeadlineAfter(1, TimeUnit.SECONDS)
                    .infer(QUESTION.toBuilder().setModel(HostileModels.SILENT).build()));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("DEADLINE_EXCEEDED"));
    }

    private static void guessedSessions(Attacker attacker) throws Exception {
        Channel channel = attacker.channel(KeyHolder.GREEDY);
        List<ListenableFuture<?>> guessed = new ArrayList<>();
        for (int count = 0; count < 60; count++) {
            guessed.add(run(
                    channel,
                    TASK.toBuilder().setSession(UUID.randomUUID().toString()).build()));
        }
        assertThat(Calls.ends(guessed).keySet()).allMatch(end -> end.startsWith("NOT_FOUND"));
        List<ListenableFuture<?>> malformed = new ArrayList<>();
        for (String id : List.of("1", "' OR 1=1 --", "%", "../x", "0".repeat(100_000))) {
            malformed.add(run(channel, TASK.toBuilder().setSession(id).build()));
        }
        assertThat(Calls.ends(malformed).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void foreignSession(Attacker attacker) throws Exception {
        String session = AgentServiceGrpc.newBlockingStub(attacker.channel(KeyHolder.GREEDY))
                .runAgent(TASK.toBuilder().setNoHistory(false).build())
                .next()
                .getStarted()
                .getSession();
        assertThat(session).isNotEmpty();
        RunAgentRequest continued =
                TASK.toBuilder().setNoHistory(false).setSession(session).build();
        assertThat(Calls.end(run(attacker.channel(), continued))).startsWith("NOT_FOUND");
        assertThat(Calls.end(run(attacker.channelToSocket(), continued))).startsWith("NOT_FOUND");
    }
}
