package io.neurovisor.tests.hostile.guest;

import static io.neurovisor.tests.hostile.guest.ForgedFrames.block;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.bomb;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.concat;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.frame;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.goAway;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.header;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.headers;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.number;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.reset;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.settings;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.windowUpdate;

import io.neurovisor.engine.program.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Attacks with HTTP/2 frames during a program. */
final class FrameAttacks {
    private static final byte[] NOTHING = new byte[0];
    private static final byte[] KILOBYTE = new byte[1024];

    /** A stream that the host has not opened. */
    private static final int UNOPENED = 4001;

    /** The stream of the first call of the host. */
    private static final int REFRESH = 3;

    private FrameAttacks() {}

    /** Returns floods of frames that cost the host resources. */
    static List<Attack> floods() {
        List<Attack> floods = new ArrayList<>();
        floods.add(flood("pings", frame(ForgedFrames.PING, 0, 0, new byte[8])));
        floods.add(flood("answers to no ping", frame(ForgedFrames.PING, ForgedFrames.ACK, 0, new byte[8])));
        floods.add(flood("settings", settings()));
        floods.add(flood("settings that change everything", settings(4, 1, 4, 1 << 20, 3, 1, 3, 100, 6, 1, 6, 8192)));
        floods.add(flood("answers to no settings", frame(ForgedFrames.SETTINGS, ForgedFrames.ACK, 0, NOTHING)));
        floods.add(flood("unknown frames", frame(0xee, 0xff, 0, KILOBYTE)));
        floods.add(flood("unknown empty frames", frame(0x10, 0, 0, NOTHING)));
        floods.add(flood("window updates", windowUpdate(0, 1)));
        floods.add(flood("good-byes", goAway(Integer.MAX_VALUE, 0, "")));
        floods.add(floodOfStream(
                "priorities",
                stream -> frame(ForgedFrames.PRIORITY, 0, stream, concat(number(UNOPENED), new byte[1]))));
        floods.add(floodOfStream("empty data", stream -> frame(ForgedFrames.DATA, 0, stream, NOTHING)));
        floods.add(floodOfStream("window updates of the stream", stream -> windowUpdate(stream, 1)));
        floods.add(floodOfStream(
                "interim answers", stream -> headers(stream, ForgedFrames.END_HEADERS, ":status", "103")));
        return List.copyOf(floods);
    }

    /** Returns attacks with padding, which flow control does not limit: the host returns its window immediately. */
    static List<Attack> padding() {
        return List.of(
                floodOfStream(
                        "data that is all padding",
                        stream -> frame(ForgedFrames.DATA, ForgedFrames.PADDED, stream, padding(255))),
                floodOfStream(
                        "data that is the length of no padding",
                        stream -> frame(ForgedFrames.DATA, ForgedFrames.PADDED, stream, new byte[1])),
                Attack.during(
                        "padding longer than its frame",
                        Outcome.SANDBOX_DIED,
                        (host, stream) -> host.send(
                                frame(ForgedFrames.DATA, ForgedFrames.PADDED, stream, new byte[] {(byte) 200, 1, 2}))));
    }

    /** Returns attacks with data of ended calls, which flow control does not limit, as no call reads it. */
    static List<Attack> dataOfEndedCalls() {
        return List.of(
                dataOfEndedCalls("data of a call that has ended", KILOBYTE),
                dataOfEndedCalls("a byte of a call that has ended", new byte[1]));
    }

    /** Returns attacks with frames that are invalid in the current state. */
    static List<Attack> impossible() {
        List<Attack> attacks = new ArrayList<>();
        attacks.add(wrong("data on stream 0", frame(ForgedFrames.DATA, 0, 0, KILOBYTE)));
        attacks.add(wrong("data on a stream that was never opened", frame(ForgedFrames.DATA, 0, UNOPENED, KILOBYTE)));
        attacks.add(wrong("data on a stream of its own", frame(ForgedFrames.DATA, 0, 2, KILOBYTE)));
        attacks.add(wrong("an answer to nothing", headers(UNOPENED, ForgedFrames.END_HEADERS, ":status", "200")));
        attacks.add(Attack.during(
                "a call of the host",
                Outcome.TIMED_OUT, // The host does not serve calls.
                (host, _) -> host.send(headers(2, ForgedFrames.END_HEADERS, ":method", "POST", ":path", "/x"))));
        attacks.add(wrong("a reset of stream 0", reset(0, 0)));
        attacks.add(wrong("a reset of a stream that was never opened", reset(UNOPENED, 0)));
        attacks.add(wrongOfStream(
                "a pushed answer",
                stream -> frame(
                        ForgedFrames.PUSH_PROMISE,
                        ForgedFrames.END_HEADERS,
                        stream,
                        concat(number(2), block(":method", "GET", ":path", "/")))));
        attacks.add(wrong("a window beyond all", concat(windowUpdate(0, Integer.MAX_VALUE), windowUpdate(0, 1 << 30))));
        attacks.add(wrong("a window opened by nothing", windowUpdate(0, 0)));
        attacks.add(wrongOfStream(
                "a continuation of nothing", stream -> frame(ForgedFrames.CONTINUATION, 0, stream, KILOBYTE)));
        attacks.add(wrongOfStream(
                "a frame longer than any may be", stream -> header((1 << 24) - 1, ForgedFrames.DATA, 0, stream)));
        attacks.add(wrong("a ping of 7 bytes", frame(ForgedFrames.PING, 0, 0, new byte[7])));
        attacks.add(wrongOfStream(
                "garbage for headers",
                stream -> frame(ForgedFrames.HEADERS, ForgedFrames.END_HEADERS, stream, garbage())));
        return List.copyOf(attacks);
    }

    /** Returns attacks with endless or highly compressed headers. */
    static List<Attack> headerBlocks() {
        return List.of(
                Attack.during("endless headers", Outcome.SANDBOX_DIED, (host, stream) -> {
                    host.send(headers(stream, 0, "a", "b"));
                    host.flood(frame(ForgedFrames.CONTINUATION, 0, stream, block("name", "x".repeat(16_000))));
                }),
                Attack.during("endless empty headers", Outcome.SANDBOX_DIED, (host, stream) -> {
                    host.send(headers(stream, 0, "a", "b"));
                    host.flood(frame(ForgedFrames.CONTINUATION, 0, stream, NOTHING));
                }),
                Attack.during(
                        "headers that unpack to 64 MiB",
                        Outcome.SANDBOX_DIED,
                        (host, stream) -> host.send(frame(
                                ForgedFrames.HEADERS,
                                ForgedFrames.END_HEADERS | ForgedFrames.END_STREAM,
                                stream,
                                bomb(4000, 16_384 - 4100)))),
                Attack.during(
                        "headers of 15 KiB",
                        Outcome.SANDBOX_DIED,
                        (host, stream) -> host.end(stream, "grpc-status", "0", "x", "y".repeat(15_000))),
                Attack.during("headers within headers", Outcome.SANDBOX_DIED, (host, stream) -> {
                    host.send(headers(stream, 0, "a", "b"));
                    host.send(frame(ForgedFrames.DATA, 0, stream, KILOBYTE));
                }));
    }

    private static byte[] padding(int length) {
        byte[] payload = new byte[length + 1];
        payload[0] = (byte) length;
        return payload;
    }

    private static Attack flood(String name, byte[] frame) {
        return Attack.during("a flood of " + name, Outcome.SANDBOX_DIED, (host, _) -> host.flood(frame));
    }

    private static Attack dataOfEndedCalls(String name, byte[] data) {
        return Attack.during("a flood of " + name, Outcome.SANDBOX_DIED, (host, stream) -> {
            while (true) {
                host.sayIgnoringStreamWindow(REFRESH, data);
            }
        });
    }

    private interface OfStream {
        byte[] frame(int stream);
    }

    private static Attack floodOfStream(String name, OfStream frame) {
        return Attack.during(
                "a flood of " + name, Outcome.SANDBOX_DIED, (host, stream) -> host.flood(frame.frame(stream)));
    }

    private static byte[] garbage() {
        byte[] garbage = new byte[1024];
        new Random(2).nextBytes(garbage);
        return garbage;
    }

    private static Attack wrongOfStream(String name, OfStream frame) {
        return Attack.during(name, Outcome.SANDBOX_DIED, (host, stream) -> host.send(frame.frame(stream)));
    }

    private static Attack wrong(String name, byte[] frame) {
        return Attack.during(name, Outcome.SANDBOX_DIED, (host, _) -> host.send(frame));
    }
}
