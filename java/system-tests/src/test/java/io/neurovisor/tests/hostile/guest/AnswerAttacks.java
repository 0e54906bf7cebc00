package io.neurovisor.tests.hostile.guest;

import static io.neurovisor.tests.hostile.guest.ForgedFrames.frame;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.goAway;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.header;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.latin;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.message;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.prefix;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.reset;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.settings;

import io.neurovisor.engine.program.Outcome;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import java.util.List;

/** Attacks with answers that are missing, late or in the wrong order. */
final class AnswerAttacks {
    private static final byte[] KILOBYTE = new byte[1024];

    private AnswerAttacks() {}

    static List<Attack> silences() {
        return List.of(
                Attack.unanswered("silence", Outcome.TIMED_OUT, (_, _) -> {}),
                Attack.unanswered("headers and silence", Outcome.TIMED_OUT, ForgedConnection::answer),
                Attack.during("silence after a word", Outcome.TIMED_OUT, (_, _) -> {}),
                Attack.during(
                        "half a frame and silence",
                        Outcome.TIMED_OUT,
                        (host, stream) -> host.send(header(16_384, ForgedFrames.DATA, 0, stream), KILOBYTE)),
                Attack.during(
                        "half a message and silence",
                        Outcome.TIMED_OUT,
                        (host, stream) -> host.say(stream, ForgedFrames.concat(prefix(0, 128 << 10), KILOBYTE))),
                Attack.during("deafness", Outcome.TIMED_OUT, (host, stream) -> {
                    host.goDeaf();
                    host.print(stream, KILOBYTE);
                }),
                Attack.during("a byte of a message a second", Outcome.TIMED_OUT, (host, stream) -> {
                    host.say(stream, prefix(0, 1000));
                    host.drip(() -> host.say(stream, new byte[1]));
                }),
                Attack.during(
                                "a byte of output a second",
                                Outcome.TIMED_OUT,
                                (host, stream) -> host.drip(() -> host.print(stream, new byte[1])))
                        .patiently());
    }

    static List<Attack> ends() {
        return List.of(
                Attack.during("hanging up", Outcome.SANDBOX_DIED, (host, _) -> host.close()),
                Attack.during("a reset", Outcome.SANDBOX_DIED, (host, stream) -> host.send(reset(stream, 2))),
                Attack.during(
                        "a reset as cancelled", Outcome.SANDBOX_DIED, (host, stream) -> host.send(reset(stream, 8))),
                Attack.unanswered("a reset as never seen", Outcome.SANDBOX_DIED, (host, stream) -> {
                    host.send(reset(stream, 7));
                    while (true) {
                        host.send(reset(host.awaitCall(), 7));
                    }
                }),
                Attack.unanswered(
                        "a good-bye as never seen", Outcome.SANDBOX_DIED, (host, _) -> host.send(goAway(0, 0, ""))),
                Attack.during("a good-bye, and no end of it", Outcome.COMPLETED, (host, stream) -> {
                    host.send(goAway(stream, 0, ""));
                    host.exit(stream);
                    host.end(stream);
                    host.flood(frame(ForgedFrames.DATA, 0, stream, KILOBYTE));
                }),
                Attack.during(
                        "a good-bye for trouble",
                        Outcome.SANDBOX_DIED,
                        (host, stream) -> host.send(goAway(0, 11, "\u001b]0;evil\u0007".repeat(1500)))),
                Attack.during("an end without a report", Outcome.SANDBOX_DIED, ForgedConnection::end),
                Attack.during(
                        "an end by data",
                        Outcome.SANDBOX_DIED,
                        (host, stream) -> host.send(
                                frame(ForgedFrames.DATA, ForgedFrames.END_STREAM, stream, message(0, new byte[0])))),
                Attack.during("output after the end", Outcome.COMPLETED, (host, stream) -> {
                    host.exit(stream);
                    while (true) {
                        host.print(stream, KILOBYTE);
                    }
                }),
                Attack.during("two reports and two ends", Outcome.COMPLETED, (host, stream) -> {
                    host.exit(stream);
                    host.exit(stream);
                    host.end(stream);
                    host.exit(stream);
                    host.end(stream);
                }),
                Attack.during("a new answer after the end", Outcome.SANDBOX_DIED, (host, stream) -> {
                    host.end(stream);
                    host.answer(stream);
                    host.exit(stream);
                }),
                Attack.unanswered("output before any headers", Outcome.SANDBOX_DIED, (host, stream) -> {
                    host.print(stream, latin(Attack.BEFORE));
                    host.exit(stream);
                }),
                Attack.during("headers twice", Outcome.SANDBOX_DIED, ForgedConnection::answer),
                Attack.unanswered("settings that stop the host, and a program", Outcome.COMPLETED, (host, stream) -> {
                    host.send(settings(3, 0, 4, 0));
                    host.answer(stream);
                    host.exit(stream);
                }));
    }

    static List<Attack> trailers() {
        return List.of(
                trailers("a long message", "grpc-status", "2", "grpc-message", "x".repeat(7000)),
                trailers("a message too long", "grpc-status", "2", "grpc-message", "x".repeat(15_000)),
                trailers(
                        "a message for a terminal",
                        "grpc-status",
                        "14",
                        "grpc-message",
                        "%1B[2J%0A%0Dneurovisor: ok%E2%80%AE"),
                trailers("a status that is none", "grpc-status", "99999999999"),
                trailers("no status", "x", "y"),
                trailers("details that are none", "grpc-status", "2", "grpc-status-details-bin", "!!".repeat(2000)),
                trailers("a caller's fault", "grpc-status", "3", "grpc-message", "the host is to blame its caller"),
                trailers("a language that is missing", "grpc-status", "5", "grpc-message", "the program never began"),
                trailers("a refusal", "grpc-status", "9", "grpc-message", "the program never began"),
                trailers("a deadline", "grpc-status", "1", "grpc-message", "it was you"));
    }

    static List<Attack> reports() {
        return List.of(
                report("no outcome", Outcome.SANDBOX_DIED, ExecuteMetadata.newBuilder()),
                report(
                        "a death",
                        Outcome.SANDBOX_DIED,
                        ExecuteMetadata.newBuilder().setOutcome(io.neurovisor.proto.execution.Outcome.SANDBOX_DIED)),
                report(
                        "an outcome that is none",
                        Outcome.SANDBOX_DIED,
                        ExecuteMetadata.newBuilder().setOutcomeValue(-1)),
                report(
                        "numbers of all sizes",
                        Outcome.COMPLETED,
                        ExecuteMetadata.newBuilder()
                                .setOutcome(io.neurovisor.proto.execution.Outcome.COMPLETED)
                                .setExitCode(Integer.MIN_VALUE)
                                .setSignal(-1)
                                .setDurationMs(Double.NEGATIVE_INFINITY)
                                .setBackgroundProcesses(-1)
                                .setSkippedTotal(-1)
                                .setKilledProcess("\u001b[2J\n".repeat(10_000))
                                .setTraceId("x".repeat(10_000))));
    }

    /** Returns attacks with oversized or malformed messages. */
    static List<Attack> messages() {
        // Packed here, so that no attack waits for it.
        byte[] gigabyte = message(1, Packed.gigabyte());
        return List.of(
                said("a message of 4 GiB", prefix(0, -1)),
                said("a message of 128 KiB and a byte", prefix(0, (128 << 10) + 1)),
                said("a message packed by nothing", message(1, KILOBYTE)),
                said("a message that is garbage", message(0, latin("\u00ff".repeat(999)))),
                said("a message of other types", message(0, latin("\u0008\u0001\u0010\u0002\u0018\u0003"))),
                said("a message with nothing in it", message(0, new byte[0])),
                Attack.unanswered("a message that unpacks to a gigabyte", Outcome.SANDBOX_DIED, (host, stream) -> {
                    host.answer(stream, "grpc-encoding", "gzip");
                    host.say(stream, gigabyte);
                }));
    }

    private static Attack said(String name, byte[] bytes) {
        return Attack.during(name, Outcome.SANDBOX_DIED, (host, stream) -> host.say(stream, bytes));
    }

    private static Attack trailers(String name, String... trailers) {
        return Attack.during("trailers: " + name, Outcome.SANDBOX_DIED, (host, stream) -> host.end(stream, trailers));
    }

    private static Attack report(String name, Outcome outcome, ExecuteMetadata.Builder metadata) {
        ExecuteChunk report =
                ExecuteChunk.newBuilder().setIsFinal(true).setMetadata(metadata).build();
        return Attack.during("a report of " + name, outcome, (host, stream) -> host.say(stream, report));
    }
}
