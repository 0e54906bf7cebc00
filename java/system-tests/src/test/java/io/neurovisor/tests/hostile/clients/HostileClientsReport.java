package io.neurovisor.tests.hostile.clients;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The table of client attacks in the security documents: the attacks of each group, how many were withstood, and the defences. */
final class HostileClientsReport {
    static final String BEGIN = "<!-- written by ./neurovisor test --area hostile-clients --record -->";
    static final String END = "<!-- end of what it writes -->";

    private HostileClientsReport() {}

    /** Returns the lines between the two marks. */
    static List<String> table(List<ClientAttack> attacks, Collection<ClientAttack> withstood) {
        StringBuilder table = new StringBuilder("| group | attacks | withstood | stopped by |\n|---|---|---|---|\n");
        for (ClientAttack.Group group : ClientAttack.Group.values()) {
            row(
                    table,
                    group.label(),
                    attacks.stream().filter(attack -> attack.group() == group).toList(),
                    withstood);
        }
        row(table, "all", attacks, withstood);
        return table.toString().lines().toList();
    }

    private static void row(
            StringBuilder table, String name, List<ClientAttack> attacks, Collection<ClientAttack> withstood) {
        Map<ClientAttack.Defence, Long> defences = attacks.stream()
                .collect(Collectors.groupingBy(ClientAttack::stoppedBy, TreeMap::new, Collectors.counting()));
        String stoppedBy = defences.entrySet().stream()
                .map(defence -> defence.getKey().shown() + ": " + defence.getValue())
                .collect(Collectors.joining(", "));
        table.append("| %s | %d | %d | %s |\n"
                .formatted(
                        name,
                        attacks.size(),
                        attacks.stream().filter(withstood::contains).count(),
                        stoppedBy));
    }
}
