package io.neurovisor.server.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.VmId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tenant that floods the audit log does not displace the lines of others. */
final class AuditFairnessTest {
    private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
    private static final TraceId TRACE = new TraceId(UUID.fromString("01a21485-04be-7649-96a2-562c68d6275f"));
    private static final Pattern WRITTEN = Pattern.compile(".*\"tenant\":\"key:([a-z]+)\",\"method\":\"m(\\d+)\".*");
    private static final long MAX = 40_000;
    private static final long OLD = MAX / AuditFiles.SHARES * AuditArchive.SHARES;

    @TempDir
    private Path directory;

    @Test
    void aFloodRemovesNoLineOfAnotherTenant() throws IOException {
        AuditFiles files = new AuditFiles(directory, OptionalLong.of(MAX));
        write(files, "quiet", 0, 20);
        write(files, "flood", 0, 2_000);
        write(files, "quiet", 20, 25);
        write(files, "flood", 2_000, 4_000);
        assertThat(numbers("quiet")).isEqualTo(range(0, 25));
        List<Integer> flood = numbers("flood");
        assertThat(flood).isEqualTo(range(4_000 - flood.size(), 4_000));
        assertThat(bytes()).isBetween(MAX / 2, MAX * 7 / 10);
    }

    @Test
    void eachTenantKeepsAtLeastAnEqualPartOfTheOldestFile() throws IOException {
        Random random = new Random(5);
        AuditFiles files = new AuditFiles(directory, OptionalLong.of(MAX));
        List<String> tenants = List.of("a", "bb", "ccc", "dddd");
        Map<String, Integer> written = new HashMap<>();
        for (int step = 0; step < 3_000; step++) {
            // Each tenant writes about four times as much as the next.
            String tenant = tenants.get(Math.min(3, Integer.numberOfTrailingZeros(random.nextInt(1, 256)) / 2));
            int number = written.merge(tenant, 1, Integer::sum) - 1;
            write(files, tenant, number, number + 1);
            if (step % 50 == 0) {
                assertThat(bytes()).isLessThanOrEqualTo(MAX);
                for (Map.Entry<String, Integer> one : written.entrySet()) {
                    List<Integer> kept = numbers(one.getKey());
                    assertThat(kept).isEqualTo(range(one.getValue() - kept.size(), one.getValue()));
                    long part = OLD / tenants.size() / line(one.getKey(), 1_000).length - 1;
                    assertThat((long) kept.size()).isGreaterThanOrEqualTo(Math.min(one.getValue(), part));
                }
            }
        }
        assertThat(written).hasSize(4);
        assertThat(numbers("a").size()).isLessThan(written.getOrDefault("a", 0));
    }

    @Test
    void attemptsOfVmmsDisplaceNoTenantsLines() throws IOException {
        AuditFiles files = new AuditFiles(directory, OptionalLong.of(MAX));
        write(files, "quiet", 0, 20);
        for (int count = 0; count < 2_000; count++) {
            files.add(AuditLine.blocked(
                    NOW, new VmId("vm-1"), new BlockedAttempt("file_open", "/\"tenant\":\"key:quiet\"", false)));
        }
        assertThat(numbers("quiet")).isEqualTo(range(0, 20));
        assertThat(bytes()).isLessThanOrEqualTo(MAX);
    }

    @Test
    void anInterruptedJoinNeitherLosesNorRepeatsALine() throws IOException {
        AuditFiles files = new AuditFiles(directory, OptionalLong.of(MAX));
        write(files, "a", 0, 100);
        List<Integer> before = numbers("a");
        Path joined = directory.resolve(".joined-3");
        // The state after the join is complete and before a replaced file is removed.
        try (Stream<Path> old = Stream.of(4, 3)
                .map(number -> AuditFiles.file(directory, number))
                .filter(Files::exists)) {
            for (Path file : old.toList()) {
                Files.write(
                        joined,
                        Files.readAllBytes(file),
                        java.nio.file.StandardOpenOption.CREATE,
                        java.nio.file.StandardOpenOption.APPEND);
            }
        }
        assertThat(joined).isNotEmptyFile();
        Files.writeString(directory.resolve(".joining"), "{\"half a li");
        write(new AuditFiles(directory, OptionalLong.of(MAX)), "a", 100, 120);
        List<Integer> after = numbers("a");
        assertThat(after).isEqualTo(range(after.getFirst(), 120));
        assertThat(after.getFirst()).isEqualTo(before.getFirst());
        assertThat(joined).doesNotExist();
        assertThat(directory.resolve(".joining")).doesNotExist();
    }

    @Test
    void joinsFilesOfEarlierVersions() throws IOException {
        AuditFiles files = new AuditFiles(directory, OptionalLong.of(MAX));
        for (int number = 9; number > 0; number--) {
            Files.write(AuditFiles.file(directory, number), line("a", 9 - number));
        }
        Files.writeString(AuditFiles.file(directory, 0), "#".repeat(100_000) + "\nhalf a line");
        write(files, "a", 9, 12);
        assertThat(numbers("a")).isEqualTo(range(0, 12));
        assertThat(Files.readString(AuditFiles.file(directory, AuditArchive.NUMBER)))
                .contains("half a line\n")
                .doesNotContain("#");
        assertThat(AuditFiles.file(directory, AuditArchive.NUMBER + 1)).doesNotExist();
        assertThat(bytes()).isLessThanOrEqualTo(MAX);
    }

    private static void write(AuditFiles files, String tenant, int from, int to) {
        for (int number = from; number < to; number++) {
            files.add(line(tenant, number));
        }
    }

    private static byte[] line(String tenant, int number) {
        return AuditLine.failed(NOW, new AuditedCall("key:" + tenant, "m" + number), TRACE, Fault.POOL_EXHAUSTED);
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    /** Returns the numbers of the tenant's lines, from the oldest file on. */
    private List<Integer> numbers(String tenant) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        for (int file = 9; file >= 0; file--) {
            if (Files.exists(AuditFiles.file(directory, file))) {
                for (String line : Files.readAllLines(AuditFiles.file(directory, file))) {
                    Matcher written = WRITTEN.matcher(line);
                    if (written.matches() && written.group(1).equals(tenant)) {
                        numbers.add(Integer.valueOf(written.group(2)));
                    }
                }
            }
        }
        return numbers;
    }

    private long bytes() throws IOException {
        long bytes = 0;
        for (int number = 0; number < 10; number++) {
            bytes += AuditFiles.size(AuditFiles.file(directory, number));
        }
        return bytes;
    }
}
