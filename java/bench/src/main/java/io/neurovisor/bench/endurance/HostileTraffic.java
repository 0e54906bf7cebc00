package io.neurovisor.bench.endurance;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The attacks of hostile clients, and their effect on the honest clients.
 *
 * @param clients the number of hostile clients
 * @param attacks the attacks with their counts, as text
 */
record HostileTraffic(int clients, String attacks, Latencies latencies) {
    static HostileTraffic of(List<HostileClient> clients, Latencies latencies) {
        String attacks = Arrays.stream(HostileClient.Attack.values())
                .map(attack -> attack.name().toLowerCase(Locale.ROOT) + " "
                        + clients.stream()
                                .mapToInt(client -> client.count(attack))
                                .sum())
                .collect(Collectors.joining(", "));
        return new HostileTraffic(clients.size(), attacks, latencies);
    }

    List<String> lines() {
        return List.of("hostile clients: " + clients + ", which made: " + attacks, latencies.line());
    }
}
