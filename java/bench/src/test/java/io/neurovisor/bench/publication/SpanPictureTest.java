package io.neurovisor.bench.publication;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.bench.trace.Span;
import io.neurovisor.bench.trace.TracedRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SpanPictureTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

    @Test
    void drawsTheSpansOfTheMedianRequest() throws JsonProcessingException {
        TracedRequest middle = new TracedRequest(
                20,
                List.of(
                        new Span(TRACE, "b", "a", "acquire", 5_001_000_000L, 5_001_400_000L),
                        new Span(TRACE, "a", "", "package.Service/Call:#", 5_000_000_000L, 5_010_000_000L)));
        TracedRequest median = TracedRequest.median(
                List.of(new TracedRequest(30, List.of()), middle, new TracedRequest(10, List.of())));
        assertThat(median).isEqualTo(middle);
        assertThat(SpanPicture.of(new ObjectMapper().readTree(median.json(3, "here"))))
                .containsExactly(
                        "here. The median of 3 requests: 20.0 ms at its client, trace `" + TRACE + "`.",
                        "",
                        "```mermaid",
                        "gantt",
                        "    dateFormat x",
                        "    axisFormat %L ms",
                        "    Call   :0, 10",
                        "    acquire :1, 2",
                        "```",
                        "",
                        "| span | begins after | takes | outside its child spans |",
                        "|---|---|---|---|",
                        "| Call   | 0.0 ms | 10.0 ms | 9.6 ms |",
                        "| acquire | 1.0 ms | 0.4 ms | 0.4 ms |");
    }

    @Test
    void medianOfAnEvenNumberIsTheLowerOne() {
        assertThat(TracedRequest.median(List.of(new TracedRequest(2, List.of()), new TracedRequest(1, List.of())))
                        .millis())
                .isEqualTo(1);
    }
}
