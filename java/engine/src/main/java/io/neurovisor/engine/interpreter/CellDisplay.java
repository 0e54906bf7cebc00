package io.neurovisor.engine.interpreter;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A whole result or display.
 *
 * @param parts by their MIME type, in the order in which the cell has sent them
 * @param displayId empty if it cannot be updated
 * @param isUpdate whether it replaces the earlier one with its id
 * @param isMainResult whether it is the value of the last expression
 */
public record CellDisplay(Map<String, ByteBuffer> parts, String displayId, boolean isUpdate, boolean isMainResult) {
    /** The MIME types that can be read as text, the best one first. */
    private static final List<String> READABLE =
            List.of("text/plain", "text/markdown", "text/latex", "application/json", "text/html");

    /** Returns the part that people read best as text; empty if there is none. */
    public Optional<String> readable() {
        return READABLE.stream().flatMap(type -> text(type).stream()).findFirst();
    }

    /** Returns a part as text. */
    public Optional<String> text(String mimeType) {
        return Optional.ofNullable(parts.get(mimeType))
                .map(bytes -> StandardCharsets.UTF_8.decode(bytes.duplicate()).toString());
    }

    /** Collects displays from the events of a cell. What the parts do not announce is not kept. Not thread-safe. */
    public static final class Collector {
        private CellEvent.Display header = new CellEvent.Display(List.of(), "", false, false);
        private final List<ByteArrayOutputStream> parts = new ArrayList<>();

        /** Takes an event; returns the display that it completes. One that has lost events never is complete. */
        public Optional<CellDisplay> add(CellEvent.Content event) {
            switch (event) {
                case CellEvent.Display display -> {
                    header = display;
                    parts.clear();
                    // They grow with what arrives, whatever sizes are announced.
                    display.parts().forEach(_ -> parts.add(new ByteArrayOutputStream()));
                }
                case CellEvent.DisplayData(int part, ByteBuffer data)
                when part >= 0 && part < parts.size() -> append(part, data.duplicate());
                default -> {
                    return Optional.empty();
                }
            }
            return isComplete() ? Optional.of(completed()) : Optional.empty();
        }

        private void append(int part, ByteBuffer data) {
            if (parts.get(part).size() + data.remaining()
                    <= header.parts().get(part).sizeBytes()) {
                byte[] bytes = new byte[data.remaining()];
                data.get(bytes);
                parts.get(part).writeBytes(bytes);
            }
        }

        private boolean isComplete() {
            return parts.size() == header.parts().size()
                    && IntStream.range(0, parts.size())
                            .allMatch(part -> parts.get(part).size()
                                    == header.parts().get(part).sizeBytes());
        }

        private CellDisplay completed() {
            Map<String, ByteBuffer> complete = new LinkedHashMap<>();
            for (int part = 0; part < parts.size(); part++) {
                complete.put(
                        header.parts().get(part).mimeType(),
                        ByteBuffer.wrap(parts.get(part).toByteArray()).asReadOnlyBuffer());
            }
            CellDisplay display =
                    new CellDisplay(complete, header.displayId(), header.isUpdate(), header.isMainResult());
            // Further data belongs to no display.
            parts.clear();
            return display;
        }
    }
}
