package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Channel;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.execution.InputFile;
import io.neurovisor.proto.execution.Limits;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.testkit.RawHttp2;
import io.neurovisor.tests.hostile.clients.ClientAttack.Defence;
import io.neurovisor.tests.hostile.clients.ClientAttack.Group;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Attacks with requests that are malformed, too large or ask for forbidden things. */
final class RequestAttacks {
    private static final String EXECUTE =
            ExecutionServiceGrpc.getExecuteMethod().getFullMethodName();
    private static final ExecuteRequest USUAL = Calls.program("bash", "true");

    private RequestAttacks() {}

    static List<ClientAttack> all() {
        return List.of(
                request("random_bytes", "Sends random bytes as messages.", Defence.FORM, RequestAttacks::randomBytes),
                request(
                                "many_fields",
                                "Sends 200,000 empty files in a message of 400 KB.",
                                Defence.FORM,
                                RequestAttacks::manyFields)
                        .inShortTier(),
                request(
                        "nested_groups",
                        "Nests 50,000 groups in a message.",
                        Defence.FORM,
                        RequestAttacks::nestedGroups),
                request(
                        "packed_request",
                        "Compresses 100 MiB of nothing into a small request.",
                        Defence.MEMORY,
                        RequestAttacks::packedRequest),
                request(
                        "long_text",
                        "Sends a program of 20 MiB, and one of 9 MiB.",
                        Defence.FORM,
                        RequestAttacks::longText),
                request(
                        "wrong_lengths",
                        "Announces a message of 2 GiB, and sends two messages for one.",
                        Defence.FORM,
                        RequestAttacks::wrongLengths),
                request(
                        "unknown_compression",
                        "Compresses a message in a way that the daemon does not know.",
                        Defence.FORM,
                        RequestAttacks::unknownCompression),
                request(
                        "files_outside",
                        "Has files written outside the working directory.",
                        Defence.FORM,
                        RequestAttacks::filesOutside),
                request(
                        "bad_environment",
                        "Sets variables that no environment can hold.",
                        Defence.FORM,
                        RequestAttacks::badEnvironment),
                request(
                        "unknown_choices",
                        "Names languages, sizes and images that do not exist, as paths and commands.",
                        Defence.FORM,
                        RequestAttacks::unknownChoices),
                request(
                        "long_times",
                        "Asks for programs that may run for a century.",
                        Defence.FORM,
                        RequestAttacks::longTimes),
                request(
                        "too_much_output",
                        "Has a program print without an end and reads all of it.",
                        Defence.MEMORY,
                        RequestAttacks::tooMuchOutput));
    }

    private static ClientAttack request(String name, String title, Defence stoppedBy, ClientAttack.Script script) {
        return new ClientAttack(Group.REQUESTS, name, title, stoppedBy, script);
    }

    private static void randomBytes(Attacker attacker) throws Exception {
        Channel channel = attacker.channel(KeyHolder.GREEDY);
        Random random = new Random(2);
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 60; count++) {
            byte[] bytes = new byte[1 + random.nextInt(10_000)];
            random.nextBytes(bytes);
            calls.add(Calls.raw(channel, EXECUTE, bytes));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void manyFields(Attacker attacker) throws Exception {
        byte[] files = new byte[2 * 200_000];
        for (int at = 0; at < files.length; at += 2) {
            files[at] = ExecuteRequest.FILES_FIELD_NUMBER << 3 | 2;
        }
        assertThat(Calls.end(Calls.raw(attacker.channel(KeyHolder.GREEDY), EXECUTE, files)))
                .startsWith("INVALID_ARGUMENT");
    }

    private static void nestedGroups(Attacker attacker) throws Exception {
        byte[] groups = new byte[50_000];
        Arrays.fill(groups, (byte) (1 << 3 | 3));
        assertThat(Calls.end(Calls.raw(attacker.channel(KeyHolder.GREEDY), EXECUTE, groups)))
                .startsWith("INVALID_ARGUMENT");
    }

    private static void packedRequest(Attacker attacker) throws Exception {
        ExecuteRequest request = USUAL.toBuilder()
                .setStdin(UnsafeByteOperations.unsafeWrap(new byte[100 << 20]))
                .build();
        assertThat(Calls.end(ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY))
                        .withCompression("gzip")
                        .execute(request)))
                .startsWith("RESOURCE_EXHAUSTED");
    }

    private static void longText(Attacker attacker) throws Exception {
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int mebibytes : List.of(20, 9)) {
            calls.add(client.execute(Calls.program("bash", "#".repeat(mebibytes << 20))));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void wrongLengths(Attacker attacker) throws IOException {
        RawHttp2 client = attacker.http2();
        client.open(1, EXECUTE);
        byte[] twoGibibytes =
                ByteBuffer.allocate(100).put((byte) 0).putInt(Integer.MAX_VALUE).array();
        client.frame(RawHttp2.DATA, 0, 1, twoGibibytes);
        client.awaitEndOfStream(1);
        client.open(3, EXECUTE);
        client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 3, new byte[10]);
        client.awaitEndOfStream(3);
        client.open(5, EXECUTE);
        client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 5, new byte[] {0, 0, 0});
        client.awaitEndOfStream(5);
    }

    private static void unknownCompression(Attacker attacker) throws IOException {
        RawHttp2 client = attacker.http2();
        client.frame(
                RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, RawHttp2.head(EXECUTE, Map.of("grpc-encoding", "unknown")));
        client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[] {1, 0, 0, 0, 1, 7});
        client.awaitEndOfStream(1);
    }

    private static void filesOutside(Attacker attacker) throws Exception {
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (String path : List.of("/etc/passwd", "../x", "a/../../x", "a/..", ".", "", "a\0b", "a//../../b", "a/")) {
            calls.add(client.execute(USUAL.toBuilder()
                    .addFiles(InputFile.newBuilder().setPath(path).setContent(ByteString.copyFromUtf8("x")))
                    .build()));
        }
        calls.add(client.execute(USUAL.toBuilder()
                .addAllFiles(Collections.nCopies(
                        2, InputFile.newBuilder().setPath("twice").build()))
                .build()));
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void badEnvironment(Attacker attacker) throws Exception {
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (String name : List.of("", "A=B", "A\0B", "=")) {
            calls.add(client.execute(USUAL.toBuilder().putEnv(name, "x").build()));
        }
        calls.add(client.execute(USUAL.toBuilder().putEnv("A", "x\0y").build()));
        calls.add(client.execute(USUAL.toBuilder().addArgs("x\0y").build()));
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void unknownChoices(Attacker attacker) throws Exception {
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (String name : List.of("../../base", "/bin/sh", "$(reboot)", "x".repeat(100_000), "\0", "-h")) {
            calls.add(client.execute(USUAL.toBuilder().setLanguage(name).build()));
            calls.add(client.execute(USUAL.toBuilder().setSize(name).build()));
            calls.add(client.execute(USUAL.toBuilder().setImage(name).build()));
        }
        assertThat(Calls.ends(calls).keySet())
                .allMatch(end -> end.matches("INVALID_ARGUMENT.*|NOT_FOUND/IMAGE_UNKNOWN"));
    }

    private static void longTimes(Attacker attacker) throws Exception {
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int seconds : List.of(-1, Integer.MAX_VALUE, Integer.MIN_VALUE, 3601)) {
            calls.add(client.execute(USUAL.toBuilder().setTimeoutSecs(seconds).build()));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void tooMuchOutput(Attacker attacker) {
        assertThat(ExecutionServiceGrpc.newBlockingStub(attacker.channel(KeyHolder.GREEDY))
                        .execute(Calls.program("bash", "yes").toBuilder()
                                .setLimits(Limits.newBuilder().setOutputBytes(4 << 20))
                                .build())
                        .getOutcome())
                .isEqualTo(Outcome.OUTPUT_LIMIT);
    }
}
