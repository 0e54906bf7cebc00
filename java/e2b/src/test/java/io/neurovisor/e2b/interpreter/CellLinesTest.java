package io.neurovisor.e2b.interpreter;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.neurovisor.proto.sandbox.CellDisplay;
import io.neurovisor.proto.sandbox.CellDisplayData;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.CellText;
import io.neurovisor.proto.sandbox.DisplayPart;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CellLinesTest {
    @ParameterizedTest
    @CsvSource({"java, 'a\n', 'a,\n'", "java, 'a', 'a'", "java, '\n', '\n'", "r, 'a\n', 'a\n'", "'', 'a\n', 'a\n'"})
    void theEndOfALineOfJavaIsAPieceOfItsOwn(String language, String text, String pieces) {
        CellLines lines = new CellLines(InstantSource.system(), language);
        assertThat(lines.of(CellEvent.newBuilder()
                        .setText(CellText.newBuilder().setText(text))
                        .build()))
                .extracting(line -> line.path("text").asText())
                .containsExactly(pieces.split(","));
    }

    @Test
    void aTableComesAsItsColumns() {
        ByteString table = ByteString.copyFromUtf8("{\"data\":{\"a\":[1,2]},\"types\":{\"a\":\"int64\"},\"rows\":2}");
        CellLines lines = new CellLines(InstantSource.system(), "");
        assertThat(lines.of(CellEvent.newBuilder()
                        .setDisplay(CellDisplay.newBuilder()
                                .addParts(DisplayPart.newBuilder()
                                        .setMimeType("application/vnd.neurovisor.data+json")
                                        .setSize(table.size())))
                        .build()))
                .isEmpty();
        assertThat(lines.of(CellEvent.newBuilder()
                        .setDisplayData(CellDisplayData.newBuilder().setData(table))
                        .build()))
                .singleElement()
                .satisfies(line -> assertThat(line.path("data")).hasToString("{\"a\":[1,2]}"));
    }
}
