package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.OutputOffsets;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessInfo;
import io.neurovisor.proto.sandbox.ProcessSelector;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.hostile.clients.DaemonNumbers;
import io.neurovisor.tests.runner.Alone;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that neither output which no client reads, nor clients which stop reading, take memory of the daemon or hold others up. */
@Alone
@Timeout(600)
final class SandboxPressureIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int READERS = 10;
    private static final long FLOOD_BYTES = 64L << 20;
    /** More than the windows on the way to a client and the kept output together. */
    private static final String FLOOD = "head -c 2000000 /dev/zero";

    private static final Duration POLL = Duration.ofSeconds(1);
    private static final long KEPT_BYTES = 256L << 10;
    /** Far less than the flood, and than the windows of all readers together would be without a bound. */
    private static final long MORE_HEAP_BYTES = 16L << 20;

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static SandboxClient client;
    /** The connection of clients that stop reading, whose window they use up. */
    private static ManagedChannel stopping;

    @BeforeAll
    static void start() {
        daemon = RunningDaemon.start(directory, "--warm=1", "--max=4", "--size=small");
        client = SandboxClient.of(daemon.channel());
        stopping = NettyChannelBuilder.forAddress("127.0.0.1", daemon.port())
                .usePlaintext()
                .build();
        await().atMost(LIMIT)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> daemon.status("/ready").equals("200 ready"));
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            stopping.shutdownNow();
            daemon.close();
        }
    }

    @Test
    void aFloodWithoutAReaderIsCountedAndDropped() throws Exception {
        String id = client.create();
        // Its only reader vanishes after the first byte.
        ProcessSelector flood = abandoned(id, "head -c " + FLOOD_BYTES + " /dev/zero; echo end >&2");
        DaemonNumbers before = numbers();

        ProcessInfo ended = await().atMost(LIMIT).until(() -> info(id, flood), ProcessInfo::hasEnded);

        assertThat(ended.getOffsets().getStdout()).isEqualTo(FLOOD_BYTES);
        assertFlat(before);
        Iterator<ProcessEvent> kept = attach(id, flood);
        assertThat(kept.next().hasStarted()).isTrue();
        long gap = 0;
        long bytes = 0;
        for (ProcessEvent event = kept.next(); !event.hasEnded(); event = kept.next()) {
            gap += event.getGap().getTo() - event.getGap().getFrom();
            bytes += event.getOutput().getData().size();
        }
        assertThat(bytes).isBetween(KEPT_BYTES / 2, KEPT_BYTES + 4);
        assertThat(gap + bytes).as("each byte was sent or is named as missing").isEqualTo(FLOOD_BYTES + 4);
        assertThat(client.kill(id)).isTrue();
    }

    @Test
    void readersThatStopHoldUpTheirOwnProcessesAlone() throws Exception {
        String id = client.create();
        assertThat(client.output(id, "echo warm")).isEqualTo("warm\n");
        DaemonNumbers before = numbers();
        List<ClientCall<StartRequest, ProcessEvent>> stopped = new ArrayList<>();
        for (int reader = 0; reader < READERS; reader++) {
            stopped.add(unread(id, FLOOD));
            // One after the other: an emulated guest that starts ten at a time answers late.
            int started = 2 + reader;
            await().atMost(LIMIT).pollInterval(POLL).until(() -> processes(id).size() == started);
        }
        ProcessSelector vanished = abandoned(id, FLOOD);

        assertThat(client.output(id, "head -c 2000000 /dev/zero | tr '\\0' x"))
                .as("another client of the sandbox")
                .hasSize(2_000_000);
        await().atMost(LIMIT).pollInterval(POLL).until(() -> info(id, vanished).hasEnded());
        assertFlat(before);
        // After 30 seconds without progress a reader misses output, and its process goes on.
        await().atMost(LIMIT)
                .pollInterval(POLL)
                .until(() -> processes(id).stream().allMatch(ProcessInfo::hasEnded));
        assertFlat(before);
        stopped.forEach(call -> call.cancel("the test is over", null));
        assertThat(client.kill(id)).isTrue();
    }

    /** Starts a process whose client takes no event. */
    private static ClientCall<StartRequest, ProcessEvent> unread(String id, String script) {
        ClientCall<StartRequest, ProcessEvent> call =
                stopping.newCall(ProcessServiceGrpc.getStartMethod(), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.sendMessage(start(id, script));
        call.halfClose();
        // No message is requested.
        return call;
    }

    /** Starts a process whose client vanishes after its first events. */
    private static ProcessSelector abandoned(String id, String script) {
        try (Context.CancellableContext context = Context.current().withCancellation()) {
            ProcessSelector.Builder process = ProcessSelector.newBuilder();
            context.run(() -> {
                Iterator<ProcessEvent> events = client.processes().start(start(id, script));
                process.setPid(events.next().getStarted().getPid());
                assertThat(events.next().hasOutput()).isTrue();
            });
            return process.build();
        }
    }

    private static StartRequest start(String id, String script) {
        return StartRequest.newBuilder()
                .setSandboxId(id)
                .setCommand("bash")
                .addArgs("-c")
                .addArgs(script)
                .build();
    }

    /** Attaches from the beginning, so that what is not kept is named. */
    private static Iterator<ProcessEvent> attach(String id, ProcessSelector process) {
        return client.processes()
                .attach(AttachRequest.newBuilder()
                        .setSandboxId(id)
                        .setProcess(process)
                        .setOffsets(OutputOffsets.getDefaultInstance())
                        .build());
    }

    private static List<ProcessInfo> processes(String id) {
        return client.processes()
                .listProcesses(
                        ListProcessesRequest.newBuilder().setSandboxId(id).build())
                .getProcessesList();
    }

    private static ProcessInfo info(String id, ProcessSelector process) {
        return processes(id).stream()
                .filter(info -> info.getPid() == process.getPid())
                .findFirst()
                .orElseThrow();
    }

    private static void assertFlat(DaemonNumbers before) throws Exception {
        DaemonNumbers after = numbers();
        System.out.printf("sandbox pressure: before %s, after %s%n", before, after);
        assertThat(after.heapBytes() - before.heapBytes()).isLessThan(MORE_HEAP_BYTES);
        assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors() + DaemonNumbers.MORE_DESCRIPTORS);
    }

    private static DaemonNumbers numbers() throws Exception {
        return DaemonNumbers.of(daemon.process().toHandle(), List.of());
    }
}
