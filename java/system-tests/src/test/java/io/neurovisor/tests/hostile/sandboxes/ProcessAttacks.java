package io.neurovisor.tests.hostile.sandboxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.BindableService;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.guest.GuestProcessServiceGrpc;
import io.neurovisor.proto.sandbox.KeepAlive;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ListProcessesResponse;
import io.neurovisor.proto.sandbox.OutputGap;
import io.neurovisor.proto.sandbox.ProcessEnded;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessOutput;
import io.neurovisor.proto.sandbox.ProcessStarted;
import io.neurovisor.proto.sandbox.ProcessStream;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Attacks in the answers to calls about processes. */
final class ProcessAttacks {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int MANY = 10_000;
    private static final String FOR_A_TERMINAL = "\u001b[2J\nneurovisor: all is well\u202e";

    private ProcessAttacks() {}

    static List<SandboxAttack> all() {
        return List.of(
                start("output without credit", "with a credit of", host -> {
                    for (long offset = 0; ; offset += 65_536) {
                        host.say(output(offset, 65_536));
                    }
                }),
                start("output of nothing, endlessly", "sent output without bytes", host -> {
                    while (true) {
                        host.say(output(0, 0));
                    }
                }),
                start("output after the end of a process", "sent an event after the end of a process", host -> {
                    host.say(ended());
                    host.say(output(0, 10));
                }),
                start("two ends of a process", "sent an event after the end of a process", host -> {
                    host.say(ended());
                    host.say(ended());
                }),
                start("output whose offsets go back", "sent output whose offsets go back", host -> {
                    host.say(output(100, 10));
                    host.say(output(0, 10));
                }),
                start("endless signs of life", "sent keep-alive events without end", host -> {
                    while (true) {
                        host.say(ProcessEvent.newBuilder()
                                .setKeepAlive(KeepAlive.getDefaultInstance())
                                .build());
                    }
                }),
                start("endless gaps", "gaps without output", host -> {
                    for (long offset = 0; ; offset++) {
                        host.say(gap(offset));
                    }
                }),
                SandboxAttack.deadly(
                        "a list of ten thousand processes",
                        "listed 10000 processes",
                        HostileServices.listingProcesses(processes(MANY, "")),
                        ProcessAttacks::list),
                SandboxAttack.deadly(
                        "a list larger than a message",
                        "gRPC message exceeds maximum size",
                        HostileServices.listingProcesses(processes(MANY, "sleep a long time")),
                        ProcessAttacks::list),
                SandboxAttack.deadly(
                        "a command that is not UTF-8",
                        "Failed to read message",
                        HostileServices.raw(
                                GuestProcessServiceGrpc.getListProcessesMethod(),
                                List.of(notText(processes(1, "X").toByteArray()))),
                        ProcessAttacks::list),
                SandboxAttack.deadly(
                        "two answers to one call",
                        "Failed to read message",
                        HostileServices.raw(
                                GuestProcessServiceGrpc.getListProcessesMethod(),
                                Collections.nCopies(2, processes(1, "").toByteArray())),
                        ProcessAttacks::list),
                bounded(
                        "a refusal with text for a terminal",
                        refusing(),
                        (sandbox, _) -> assertThatThrownBy(() -> list(sandbox))
                                .isInstanceOfSatisfying(NeuroVisorException.class, failure -> {
                                    assertThat(failure.fault()).isEqualTo(Fault.PROCESS_UNKNOWN);
                                    assertThat(failure.getMessage()).doesNotContain("\u001b", "\n", "\u202e");
                                })),
                bounded(
                        "commands with text for a terminal",
                        HostileServices.listingProcesses(processes(3, FOR_A_TERMINAL)),
                        (sandbox, _) -> assertThat(list(sandbox))
                                .hasSize(3)
                                .extracting(info -> info.spec().command())
                                .allSatisfy(command -> assertThat(command).doesNotContain("\u001b", "\n", "\u202e"))));
    }

    /** Returns an attack in the events of a process, after its start. */
    private static SandboxAttack start(String name, String reason, Consumer<Answer<ProcessEvent>> events) {
        return SandboxAttack.deadly(
                name,
                reason,
                HostileServices.starting(host -> {
                    host.say(ProcessEvent.newBuilder()
                            .setStarted(ProcessStarted.newBuilder().setPid(7))
                            .build());
                    events.accept(host);
                }),
                (sandbox, _) -> run(sandbox));
    }

    private static SandboxAttack bounded(String name, BindableService service, SandboxAttack.Client client) {
        return SandboxAttack.bounded(name, List.of(new AdoptedGuest(), service), client);
    }

    static void run(Sandbox sandbox) {
        try (ProcessEvents events = sandbox.processes().start(command("true"), soon())) {
            while (events.next().isPresent()) {
                // Until it ends or fails.
            }
        }
    }

    private static void list(Sandbox sandbox, CompromisedAgent agent) {
        assertThat(agent.socket()).exists();
        assertThat(list(sandbox)).isNotNull();
    }

    static List<ProcessInfo> list(Sandbox sandbox) {
        return sandbox.processes().list(soon());
    }

    static ProcessSpec command(String command, String... arguments) {
        return new ProcessSpec(
                command,
                List.of(arguments),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                false,
                Optional.empty());
    }

    static Deadline soon() {
        return Deadline.after(LIMIT, Ticker.SYSTEM);
    }

    /** Replaces the only X by a byte that is in no text. */
    static byte[] notText(byte[] message) {
        for (int i = 0; i < message.length; i++) {
            if (message[i] == 'X') {
                message[i] = (byte) 0xff;
            }
        }
        return message;
    }

    private static BindableService refusing() {
        return new GuestProcessServiceGrpc.GuestProcessServiceImplBase() {
            @Override
            public void listProcesses(ListProcessesRequest request, StreamObserver<ListProcessesResponse> host) {
                host.onError(Status.NOT_FOUND.withDescription(FOR_A_TERMINAL).asRuntimeException());
            }
        };
    }

    private static ListProcessesResponse processes(int count, String command) {
        io.neurovisor.proto.sandbox.ProcessInfo info = io.neurovisor.proto.sandbox.ProcessInfo.newBuilder()
                .setPid(1)
                .setCommand(command)
                .build();
        return ListProcessesResponse.newBuilder()
                .addAllProcesses(Collections.nCopies(count, info))
                .build();
    }

    private static ProcessEvent output(long offset, int bytes) {
        return ProcessEvent.newBuilder()
                .setOutput(ProcessOutput.newBuilder()
                        .setStream(ProcessStream.PROCESS_STREAM_STDOUT)
                        .setOffset(offset)
                        .setData(ByteString.copyFrom(new byte[bytes])))
                .build();
    }

    private static ProcessEvent gap(long offset) {
        return ProcessEvent.newBuilder()
                .setGap(OutputGap.newBuilder()
                        .setStream(ProcessStream.PROCESS_STREAM_STDOUT)
                        .setFrom(offset)
                        .setTo(offset + 1))
                .build();
    }

    private static ProcessEvent ended() {
        return ProcessEvent.newBuilder()
                .setEnded(ProcessEnded.getDefaultInstance())
                .build();
    }
}
