package io.neurovisor.tests.hostile.guest;

import static io.neurovisor.tests.hostile.guest.ForgedFrames.concat;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.frame;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.goAway;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.header;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.headers;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.latin;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.message;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.prefix;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.reset;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.settings;

import io.neurovisor.engine.fault.Fault;
import java.util.List;
import java.util.Random;

/** Attacks of guests that never become ready for a program. */
final class FirstAttacks {
    private static final int HEADER_TABLE_SIZE = 1;
    private static final int ENABLE_PUSH = 2;
    private static final int MAX_CONCURRENT_STREAMS = 3;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int MAX_FRAME_SIZE = 5;
    private static final int MAX_HEADER_LIST_SIZE = 6;
    private static final long LARGEST = 0xffff_ffffL;

    private FirstAttacks() {}

    static List<Attack> all() {
        return List.of(
                Attack.first("first: garbage", Fault.SANDBOX_LOST, host -> {
                    byte[] garbage = new byte[1 << 16];
                    new Random(1).nextBytes(garbage);
                    host.flood(garbage);
                }),
                Attack.first(
                        "first: another protocol",
                        Fault.SANDBOX_LOST,
                        host -> host.flood(latin("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"))),
                Attack.first("first: hanging up", Fault.SANDBOX_LOST, ForgedConnection::close),
                Attack.first("first: silence", Fault.GUEST_SILENT, _ -> {}),
                Attack.first(
                        "first: half a frame",
                        Fault.GUEST_SILENT,
                        host -> host.send(new byte[] {0, 0, 6, ForgedFrames.SETTINGS})),
                Attack.first("first: a byte a second", Fault.GUEST_SILENT, host -> {
                    byte[] settings = settings(INITIAL_WINDOW_SIZE, 1, MAX_FRAME_SIZE, 16_384);
                    int[] next = {0};
                    host.goDeaf();
                    host.drip(() -> host.send(new byte[] {settings[next[0]++]}));
                }),
                Attack.first(
                        "first: a frame of 16 MiB",
                        Fault.SANDBOX_LOST,
                        host -> host.send(settings(), header((1 << 24) - 1, 0, 0, 1), new byte[1 << 16])),
                Attack.first("first: a good-bye", Fault.SANDBOX_LOST, host -> host.send(settings(), goAway(0, 0, "")))
                        .orSilent(),
                Attack.first(
                                "first: a good-bye with a long reason",
                                Fault.SANDBOX_LOST,
                                host -> host.send(settings(), goAway(0, 11, "\u001b[2J\n".repeat(2000))))
                        .orSilent(),
                Attack.firstAnswer(
                        "first: the call reset", Fault.SANDBOX_LOST, (host, stream) -> host.send(reset(stream, 2))),
                Attack.firstAnswer("first: the call reset as never seen", Fault.SANDBOX_LOST, (host, stream) -> {
                    host.send(reset(stream, 7));
                    while (true) {
                        host.send(reset(host.awaitCall(), 7));
                    }
                }));
    }

    static List<Attack> settingsOf() {
        return List.of(
                Attack.first(
                        "settings: a window beyond all",
                        Fault.SANDBOX_LOST,
                        host -> host.send(settings(INITIAL_WINDOW_SIZE, LARGEST))),
                Attack.first(
                        "settings: no window", Fault.GUEST_SILENT, host -> host.send(settings(INITIAL_WINDOW_SIZE, 0))),
                Attack.first(
                        "settings: no stream",
                        Fault.GUEST_SILENT,
                        host -> host.send(settings(MAX_CONCURRENT_STREAMS, 0))),
                Attack.first(
                        "settings: no header may be so long",
                        Fault.SANDBOX_LOST,
                        host -> host.send(settings(MAX_HEADER_LIST_SIZE, 0))),
                Attack.first(
                        "settings: frames of nothing",
                        Fault.SANDBOX_LOST,
                        host -> host.send(settings(MAX_FRAME_SIZE, 0))),
                Attack.first(
                        "settings: push neither on nor off",
                        Fault.SANDBOX_LOST,
                        host -> host.send(settings(ENABLE_PUSH, 7))),
                Attack.first(
                        "settings: half a setting",
                        Fault.SANDBOX_LOST,
                        host -> host.send(frame(ForgedFrames.SETTINGS, 0, 0, new byte[7]))),
                Attack.first(
                        "settings: of a stream",
                        Fault.SANDBOX_LOST,
                        host -> host.send(frame(ForgedFrames.SETTINGS, 0, 1, new byte[0]))),
                Attack.first("settings: a table of 4 GiB, again and again", Fault.SANDBOX_LOST, host -> {
                    host.send(settings(HEADER_TABLE_SIZE, LARGEST));
                    host.flood(settings(HEADER_TABLE_SIZE, 0, HEADER_TABLE_SIZE, LARGEST));
                }));
    }

    /** Returns attacks in the answer to the call that assigns an identity. */
    static List<Attack> refreshes() {
        return List.of(
                Attack.firstAnswer("refresh: a message of 4 GiB", Fault.SANDBOX_LOST, (host, stream) -> {
                    host.answer(stream);
                    host.say(stream, prefix(0, -1));
                }),
                Attack.firstAnswer("refresh: no message", Fault.SANDBOX_LOST, (host, stream) -> {
                    host.answer(stream);
                    host.end(stream);
                }),
                Attack.firstAnswer("refresh: two messages", Fault.SANDBOX_LOST, (host, stream) -> {
                    host.answer(stream);
                    host.say(stream, concat(prefix(0, 0), prefix(0, 0)));
                    host.end(stream);
                }),
                Attack.firstAnswer("refresh: garbage for a message", Fault.SANDBOX_LOST, (host, stream) -> {
                    host.answer(stream);
                    host.say(stream, message(0, latin("\u00ff".repeat(99))));
                    host.end(stream);
                }),
                Attack.firstAnswer("refresh: half a message and silence", Fault.GUEST_SILENT, (host, stream) -> {
                    host.answer(stream);
                    host.say(stream, concat(prefix(0, 1000), new byte[500]));
                }),
                Attack.firstAnswer("refresh: refused", Fault.GUEST_REFUSED, (host, stream) -> {
                    host.answer(stream);
                    host.end(stream, "grpc-status", "9", "grpc-message", "x".repeat(4000));
                }),
                Attack.firstAnswer("refresh: no HTTP status", Fault.SANDBOX_LOST, (host, stream) -> {
                    host.send(headers(stream, ForgedFrames.END_HEADERS, "grpc-status", "0"));
                    host.end(stream);
                }),
                Attack.firstAnswer("refresh: a page of HTML", Fault.SANDBOX_LOST, (host, stream) -> {
                    host.send(headers(stream, ForgedFrames.END_HEADERS, ":status", "502", "content-type", "text/html"));
                    host.say(stream, latin("<html>".repeat(1000)));
                    host.end(stream);
                }));
    }
}
