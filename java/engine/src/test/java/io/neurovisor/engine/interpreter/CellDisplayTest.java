package io.neurovisor.engine.interpreter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CellDisplayTest {
    private final CellDisplay.Collector collector = new CellDisplay.Collector();

    @Test
    void collectsPartsThatArriveInPieces() {
        assertThat(display(part("text/plain", 4), part("image/png", 2))).isEmpty();
        assertThat(data(0, "fi")).isEmpty();
        assertThat(collector.add(new CellEvent.Text(false, "between"))).isEmpty();
        assertThat(data(0, "ve")).isEmpty();
        CellDisplay complete = data(1, "ab").orElseThrow();
        assertThat(complete.text("text/plain")).contains("five");
        assertThat(complete.text("text/plain")).as("again").contains("five");
        assertThat(complete.parts().keySet()).containsExactly("text/plain", "image/png");
        assertThat(complete.isMainResult()).isTrue();
        assertThat(complete.text("text/html")).isEmpty();
        assertThat(data(0, "late")).isEmpty();
    }

    @Test
    void aDisplayWithoutContentIsComplete() {
        assertThat(display().orElseThrow().parts()).isEmpty();
        assertThat(display(part("text/plain", 0)).orElseThrow().text("text/plain"))
                .contains("");
    }

    @Test
    void ignoresDataThatNoPartAnnounces() {
        assertThat(data(0, "x")).isEmpty();
        assertThat(display(part("text/plain", 2))).isEmpty();
        assertThat(data(-1, "x")).isEmpty();
        assertThat(data(1, "x")).isEmpty();
        assertThat(data(0, "long")).isEmpty();
        assertThat(data(0, "ok").orElseThrow().text("text/plain")).contains("ok");
    }

    @Test
    void aDisplayThatLostDataIsNotCompletedByTheNext() {
        assertThat(display(part("text/plain", 4))).isEmpty();
        assertThat(data(0, "lo")).isEmpty();
        assertThat(display(part("text/plain", 2))).isEmpty();
        assertThat(data(0, "ok").orElseThrow().text("text/plain")).contains("ok");
    }

    @Test
    void keepsNoMemoryForSizesThatAreOnlyAnnounced() {
        assertThat(display(part("image/png", Long.MAX_VALUE), part("image/jpeg", -1)))
                .isEmpty();
        assertThat(data(0, "x")).isEmpty();
        assertThat(data(1, "x")).isEmpty();
    }

    private static CellEvent.Part part(String type, long bytes) {
        return new CellEvent.Part(type, bytes);
    }

    private Optional<CellDisplay> display(CellEvent.Part... parts) {
        return collector.add(new CellEvent.Display(List.of(parts), "", false, true));
    }

    private Optional<CellDisplay> data(int part, String text) {
        return collector.add(new CellEvent.DisplayData(part, ByteBuffer.wrap(text.getBytes(UTF_8))));
    }
}
