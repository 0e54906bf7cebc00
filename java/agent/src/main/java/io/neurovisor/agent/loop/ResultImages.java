package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ModelImage;
import io.neurovisor.engine.interpreter.CellDisplay;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Selects the images of a result that are sent to a model with vision. The others are only described. */
final class ResultImages {
    private static final Set<String> TYPES = Set.of("image/png", "image/jpeg");
    private static final int MAX_IMAGES = 4;
    private static final int MAX_KEPT = 8;
    private static final int MAX_BYTES = 1 << 20;

    private ResultImages() {}

    static List<ModelImage> of(CodeResult result) {
        return result.displays().stream()
                .flatMap(ResultImages::images)
                .limit(MAX_IMAGES)
                .toList();
    }

    /** Removes all images from a conversation but those of the newest results, because each takes memory as long as it lasts. */
    static void keepNewest(List<Message> messages) {
        int kept = 0;
        for (int index = messages.size() - 1; index >= 0; index--) {
            if (messages.get(index) instanceof Message.ToolResult result) {
                kept += result.images().size();
                if (kept > MAX_KEPT) {
                    messages.set(index, new Message.ToolResult(result.call(), result.text()));
                }
            }
        }
    }

    private static Stream<ModelImage> images(CellDisplay display) {
        return display.parts().entrySet().stream()
                .filter(part -> TYPES.contains(part.getKey()))
                .filter(part -> part.getValue().remaining() <= MAX_BYTES)
                .map(part -> new ModelImage(part.getKey(), base64(part.getValue())));
    }

    private static String base64(ByteBuffer content) {
        return StandardCharsets.ISO_8859_1
                .decode(Base64.getEncoder().encode(content.duplicate()))
                .toString();
    }
}
