package io.neurovisor.tests.hostile.guest;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.program.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/** An attack with a random sequence of valid and invalid frames, determined by a seed. */
final class MixedAttack {
    private static final int MOST_FRAMES = 300;
    private static final int MOST_BYTES = 2000;

    private MixedAttack() {}

    /** Returns an attack that may have any outcome, except those that require a valid report. */
    static Attack of(long seed) {
        return new Attack(
                "a mixture of seed " + seed,
                host -> speak(host, new Random(seed)),
                EnumSet.of(Fault.SANDBOX_LOST, Fault.GUEST_SILENT, Fault.GUEST_REFUSED),
                Set.of(Outcome.values()),
                false,
                Duration.ofSeconds(30));
    }

    private static void speak(ForgedConnection host, Random random) throws IOException {
        if (random.nextInt(10) == 0) {
            host.send(ForgedFrames.settings());
            mix(host, random, host.awaitCall());
            return;
        }
        host.begin();
        int stream = host.awaitCall();
        if (random.nextInt(4) > 0) {
            host.answer(stream);
        }
        mix(host, random, stream);
    }

    private static void mix(ForgedConnection host, Random random, int stream) throws IOException {
        int frames = 1 + random.nextInt(MOST_FRAMES);
        for (int i = 0; i < frames; i++) {
            switch (random.nextInt(4)) {
                case 0 -> host.print(stream, bytes(random));
                case 1 -> host.say(stream, ForgedFrames.message(random.nextInt(20) / 19, bytes(random)));
                case 2 -> host.send(harmless(random, stream));
                default -> {
                    if (random.nextInt(8) == 0) {
                        host.send(any(random, stream));
                    }
                }
            }
        }
        if (random.nextBoolean()) {
            host.close();
        }
    }

    private static byte[] harmless(Random random, int stream) {
        return switch (random.nextInt(5)) {
            case 0 -> ForgedFrames.frame(ForgedFrames.PING, random.nextInt(2), 0, new byte[8]);
            case 1 -> ForgedFrames.settings(4, 65_535L + random.nextInt(1000));
            case 2 -> ForgedFrames.windowUpdate(random.nextBoolean() ? 0 : stream, 1 + random.nextInt(1000));
            case 3 -> ForgedFrames.frame(10 + random.nextInt(240), random.nextInt(256), stream, bytes(random));
            default -> ForgedFrames.frame(ForgedFrames.PRIORITY, 0, stream, new byte[5]);
        };
    }

    private static byte[] any(Random random, int stream) {
        int of = random.nextInt(3) == 0 ? random.nextInt(100) : stream;
        return ForgedFrames.frame(random.nextInt(11), random.nextInt(256), of, bytes(random));
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[1 + random.nextInt(MOST_BYTES)];
        random.nextBytes(bytes);
        return bytes;
    }
}
