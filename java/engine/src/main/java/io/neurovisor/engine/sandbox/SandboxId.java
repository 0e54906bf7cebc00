package io.neurovisor.engine.sandbox;

import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** The name of a sandbox: 20 characters that fit into a DNS label, with 100 random bits. */
public record SandboxId(String value) {
    private static final int LENGTH = 20;
    private static final Pattern VALID = Pattern.compile("[a-z0-9]{" + LENGTH + "}");
    /** 32 characters, so that each has 5 random bits. */
    private static final String CHARACTERS = "abcdefghijklmnopqrstuvwxyz234567";

    public SandboxId {
        if (!isValid(value)) {
            throw new IllegalArgumentException("sandbox id " + value);
        }
    }

    public static boolean isValid(String text) {
        return VALID.matcher(text).matches();
    }

    public static SandboxId random(RandomGenerator strongRandom) {
        StringBuilder value = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            value.append(CHARACTERS.charAt(strongRandom.nextInt(CHARACTERS.length())));
        }
        return new SandboxId(value.toString());
    }

    @Override
    public String toString() {
        return value;
    }
}
