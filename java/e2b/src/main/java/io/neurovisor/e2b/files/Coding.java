package io.neurovisor.e2b.files;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How content is sent to a client. */
enum Coding {
    IDENTITY,
    GZIP;

    private static final String ANY = "*";

    /**
     * Chooses what a client accepts; empty if that is neither. Content is compressed only for a client that names nothing but gzip:
     * most clients name all that they know, and compressing takes longer than sending.
     *
     * @param header the value of {@code Accept-Encoding}
     */
    static Optional<Coding> of(Optional<String> header) {
        Map<String, Double> weights = weights(header.orElse(""));
        double usual = weights.getOrDefault(ANY, 0.0);
        double identity = weights.getOrDefault("identity", weights.containsKey(ANY) && usual == 0 ? 0 : 0.001);
        double gzip = weights.getOrDefault("gzip", usual);
        boolean onlyGzip = Set.of("gzip", "identity").containsAll(weights.keySet());
        if (gzip > identity && (onlyGzip || identity == 0)) {
            return Optional.of(GZIP);
        }
        return identity > 0 ? Optional.of(IDENTITY) : Optional.empty();
    }

    private static Map<String, Double> weights(String header) {
        Map<String, Double> weights = new HashMap<>();
        for (String entry : header.split(",", -1)) {
            String[] parts = entry.split(";", -1);
            String name = parts[0].strip().toLowerCase(Locale.ROOT);
            if (!name.isEmpty()) {
                weights.put(name, parts.length > 1 ? weight(parts[1].strip()) : 1.0);
            }
        }
        return weights;
    }

    private static double weight(String parameter) {
        return parameter.matches("q=[01](\\.\\d{0,3})?") ? Double.parseDouble(parameter.substring(2)) : 1.0;
    }
}
