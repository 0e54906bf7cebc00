package io.neurovisor.engine.interpreter;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A whole result or display.
 *
 * @param parts by their MIME type, in the order in which the cell has sent them
 * @param displayId empty if it cannot be updated
 * @param isUpdate whether it replaces the earlier one with its id
 * @param isMainResult whether it is the value of the last expression
 */
public record CellDisplay(Map<String, ByteBuffer> parts, String displayId, boolean isUpdate, boolean isMainResult) {
    /** Returns a part as text. */
    public Optional<String> text(String mimeType) {
        return Optional.ofNullable(parts.get(mimeType))
                .map(bytes -> StandardCharsets.UTF_8.decode(bytes.duplicate()).toString());
    }

    /** Collects displays from the events of a cell. What the parts do not announce is not kept. Not thread-safe. */
    public static final class Collector {
        private CellEvent.Display header = new CellEvent.Display(List.of(), "", false, false);
        private final List<ByteBuffer> parts = new ArrayList<>();

        /** Takes an event; returns the display that it completes. One that has lost events never is complete. */
        public Optional<CellDisplay> add(CellEvent.Content event) {
            return switch (event) {
                case CellEvent.Display display -> {
                    header = display;
                    parts.clear();
                    display.parts().forEach(part -> parts.add(ByteBuffer.allocate(Math.toIntExact(part.sizeBytes()))));
                    yield completed();
                }
                case CellEvent.DisplayData(int part, ByteBuffer data)
                when part >= 0 && part < parts.size() && parts.get(part).remaining() >= data.remaining() -> {
                    parts.get(part).put(data.duplicate());
                    yield completed();
                }
                default -> Optional.empty();
            };
        }

        private Optional<CellDisplay> completed() {
            if (parts.stream().anyMatch(ByteBuffer::hasRemaining)) {
                return Optional.empty();
            }
            Map<String, ByteBuffer> complete = new LinkedHashMap<>();
            for (int index = 0; index < parts.size(); index++) {
                complete.put(
                        header.parts().get(index).mimeType(),
                        parts.get(index).flip().asReadOnlyBuffer());
            }
            parts.clear();
            return Optional.of(new CellDisplay(complete, header.displayId(), header.isUpdate(), header.isMainResult()));
        }
    }
}
