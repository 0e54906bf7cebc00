package io.neurovisor.bench.publication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class PublishedTableTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void replacesOnlyTheTextBetweenTheMarks() throws IOException {
        JsonNode report = JSON.readTree("""
                {"began": "2026-11-27T12:00:00Z", "seconds": 61, "quick": false, "vmm": "qemu 10 (tcg), image base",
                 "machine": {"processor": "X", "processors": 2, "memory_mib": 100, "kernel": "6.1",
                             "load_before": 0.1, "load_after": 2.0},
                 "series": [
                   {"size": "small", "scenario": "warm", "contender": "a", "unit": "ms", "p50": 1.26, "failed": 0},
                   {"size": "small", "scenario": "warm", "contender": "b", "unit": "ms", "p50": null, "failed": 3},
                   {"size": "small", "scenario": "rate", "contender": "b", "unit": "VM/s", "p50": 4, "failed": 1}],
                 "targets": [
                   {"size": "small", "what": "w", "value": 1.5, "unit": "x", "at_most": 1.3, "verdict": "missed"},
                   {"size": "small", "what": "v", "value": null, "unit": "s", "at_least": 2, "verdict": "not measured"}]}
                """);
        String document = "before\n" + PublishedTable.BEGIN + "\nold\n" + PublishedTable.END + "\nafter\n";
        assertThat(PublishedTable.replace(document, PublishedTable.BEGIN, report))
                .isEqualTo("before\n" + PublishedTable.BEGIN + """

                X, 2 processors, 100 MiB, Linux 6.1; qemu 10 (tcg), image base; load 0.1 before and 2.0 after; 2026-11-27, \
                one run of 2 minutes.

                | median of | a | b |
                | --- | --- | --- |
                | warm, small | 1.3 ms | none, 3 failed |
                | rate, small |  | 4.0 VM/s, 1 failed |

                | what | size | measured | target | |
                |---|---|---|---|---|
                | w | small | 1.50 x | at most 1.30 x | missed |
                | v | small |  | at least 2.00 s | not measured |
                """ + PublishedTable.END + "\nafter\n");
        assertThat(PublishedTable.replace("no marks", PublishedTable.BEGIN, report))
                .isEqualTo("no marks");
        assertThatThrownBy(() -> PublishedTable.replace(PublishedTable.BEGIN, PublishedTable.BEGIN, report))
                .hasMessageContaining(PublishedTable.END);
        assertThat(PublishedTable.replace(document, PublishedTable.BEGIN, MissingNode.getInstance()))
                .contains("\nThere is no such run.\n")
                .doesNotContain("old");
    }
}
