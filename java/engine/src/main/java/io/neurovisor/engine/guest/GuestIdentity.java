package io.neurovisor.engine.guest;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The values that distinguish a clone from all other clones of its template or checkpoint.
 *
 * @param entropyHex 64 bytes for the guest kernel's random pool, as 128 hexadecimal digits
 * @param names empty for a sandbox that goes on under the names that it has
 */
public record GuestIdentity(String entropyHex, Optional<Names> names) {
    private static final int ENTROPY_BYTES = 64;
    private static final int ID_BYTES = 16;

    public GuestIdentity {
        if (entropyHex.length() != 2 * ENTROPY_BYTES) {
            throw new IllegalArgumentException("entropy has " + entropyHex.length() + " digits, not 128");
        }
    }

    /**
     * What a guest calls itself.
     *
     * @param machineId 32 lower-case hexadecimal digits, as in machine-id(5)
     */
    public record Names(String hostname, String machineId, UUID bootId) {}

    /** Returns a new identity from a cryptographically strong generator. */
    public static GuestIdentity fresh(RandomGenerator strongRandom, String hostname) {
        return new GuestIdentity(
                entropy(strongRandom),
                Optional.of(new Names(
                        hostname,
                        HexFormat.of().formatHex(bytes(strongRandom, ID_BYTES)),
                        randomUuid(bytes(strongRandom, ID_BYTES)))));
    }

    /** Returns new randomness for a sandbox that goes on under its names. */
    public static GuestIdentity ofTheSameNames(RandomGenerator strongRandom) {
        return new GuestIdentity(entropy(strongRandom), Optional.empty());
    }

    private static String entropy(RandomGenerator strongRandom) {
        return HexFormat.of().formatHex(bytes(strongRandom, ENTROPY_BYTES));
    }

    private static byte[] bytes(RandomGenerator random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Sets version 4, variant 1 (RFC 9562), the form of Linux's boot id. */
    private static UUID randomUuid(byte[] bytes) {
        bytes[6] = (byte) ((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte) ((bytes[8] & 0x3f) | 0x80);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }
}
