package io.neurovisor.tests.hostile.programs;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The table of hostile programs in the security documents: the programs of each group, how many were contained, and the layers. */
final class HostileReport {
    static final String BEGIN = "<!-- written by ./neurovisor test --area hostile --record -->";
    static final String END = "<!-- end of what it writes -->";

    private HostileReport() {}

    /** Returns the lines between the two marks. */
    static List<String> table(List<HostileProgram> programs, Collection<HostileProgram> contained) {
        StringBuilder table = new StringBuilder("| group | programs | contained | stopped by |\n|---|---|---|---|\n");
        for (String group : HostileProgram.GROUPS) {
            row(
                    table,
                    group,
                    programs.stream()
                            .filter(program -> program.group().equals(group))
                            .toList(),
                    contained);
        }
        row(table, "all", programs, contained);
        return table.toString().lines().toList();
    }

    private static void row(
            StringBuilder table, String name, List<HostileProgram> programs, Collection<HostileProgram> contained) {
        Map<StoppedBy, Long> layers = programs.stream()
                .collect(Collectors.groupingBy(
                        program -> program.header().stoppedBy(), TreeMap::new, Collectors.counting()));
        String stoppedBy = layers.entrySet().stream()
                .map(layer -> layer.getKey().shown() + ": " + layer.getValue())
                .collect(Collectors.joining(", "));
        table.append("| %s | %d | %d | %s |\n"
                .formatted(
                        name,
                        programs.size(),
                        programs.stream().filter(contained::contains).count(),
                        stoppedBy));
    }
}
