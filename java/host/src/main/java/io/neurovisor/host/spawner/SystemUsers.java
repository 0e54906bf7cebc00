package io.neurovisor.host.spawner;

import io.neurovisor.host.probe.HostFiles;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The owners of user ids on this host: passwd(5), group(5), subuid(5), subgid(5). */
public record SystemUsers(HostFiles files) {
    private static final List<String> SINGLE = List.of("/etc/passwd", "/etc/group");
    private static final List<String> RANGES = List.of("/etc/subuid", "/etc/subgid");
    private static final long FIRST_SUBORDINATE_ID = 100_000;
    private static final long SUBORDINATE_IDS = 65_536;

    /**
     * Returns an owner of an id in the range, such as {@code backup (4711 in /etc/passwd)}; empty if the range is free.
     */
    public Optional<String> owner(UidRange range) {
        return Stream.concat(
                        SINGLE.stream().flatMap(file -> owners(file, range, false)),
                        RANGES.stream().flatMap(file -> owners(file, range, true)))
                .findFirst();
    }

    /** Returns the command that gives a user the subordinate ids after those of all other users. */
    public String userIdsCommand(String user) {
        long first = RANGES.stream()
                .flatMap(file -> files.lines(file).stream())
                .map(line -> line.split(":"))
                .filter(fields -> fields.length >= 3)
                .mapToLong(fields ->
                        number(fields[1]).orElse(0L) + number(fields[2]).orElse(0L))
                .reduce(FIRST_SUBORDINATE_ID, Math::max);
        String range = first + "-" + (first + SUBORDINATE_IDS - 1);
        return "sudo usermod --add-subuids %s --add-subgids %s %s".formatted(range, range, user);
    }

    private Stream<String> owners(String file, UidRange range, boolean ranges) {
        return files.lines(file).stream()
                .map(line -> line.split(":"))
                .filter(fields -> fields.length >= 3)
                .flatMap(fields -> {
                    Optional<Long> first = number(fields[ranges ? 1 : 2]);
                    Optional<Long> count = ranges ? number(fields[2]) : Optional.of(1L);
                    return first.filter(number -> range.overlaps(number, number + count.orElse(1L) - 1)).stream()
                            .map(number -> fields[0] + " (" + number + " in " + file + ")");
                });
    }

    private static Optional<Long> number(String text) {
        return text.matches("\\d{1,10}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
    }
}
