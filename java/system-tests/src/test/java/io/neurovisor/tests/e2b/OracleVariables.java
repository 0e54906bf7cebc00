package io.neurovisor.tests.e2b;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What requests contain as <code>${REQUEST.FIELD}</code>, from an earlier answer, and as <code>${signature:PATH:OPERATION:USER:TIME}</code>. */
final class OracleVariables {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]+)}");
    private static final String SIGNATURE = "signature:";

    private final String token;
    private final Map<String, String> values = new HashMap<>();

    OracleVariables(String token) {
        this.token = token;
    }

    void keep(String request, OracleAnswer answer) {
        answer.values().forEach((field, value) -> values.put(request + "." + field, value));
    }

    String in(String text) {
        return VARIABLE.matcher(text).replaceAll(variable -> Matcher.quoteReplacement(value(variable.group(1))));
    }

    private String value(String name) {
        if (name.startsWith(SIGNATURE)) {
            return signature(name.substring(SIGNATURE.length()).split(":", -1));
        }
        return requireNonNull(values.get(name), name);
    }

    /** The token comes before the time. */
    private String signature(String... parts) {
        String signed = Arrays.stream(parts).limit(3).collect(Collectors.joining(":")) + ":" + token
                + Arrays.stream(parts).skip(3).map(":"::concat).collect(Collectors.joining());
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(signed.getBytes(StandardCharsets.UTF_8));
            return "v1_"
                    + Base64.getEncoder()
                            .withoutPadding()
                            .encodeToString(digest)
                            .replace("+", "%2B");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JVM has SHA-256", impossible);
        }
    }
}
