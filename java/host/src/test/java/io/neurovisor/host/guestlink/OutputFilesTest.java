package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.proto.execution.OutputFilePart;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OutputFilesTest {
    private final List<String> received = new ArrayList<>();
    private final OutputFiles files = new OutputFiles(new OutputSink() {
        @Override
        public void stdout(ByteBuffer bytes) {
            received.add("stdout");
        }

        @Override
        public void stderr(ByteBuffer bytes) {
            received.add("stderr");
        }

        @Override
        public void file(String path, ByteBuffer part, boolean last) {
            received.add(path + " " + part.remaining() + " " + last);
        }
    });

    @Test
    void passesPartsOnInOrder() {
        files.add(part("a", 2, false));
        files.add(part("a", 1, true));
        files.add(part("d/b", 0, true));
        assertThat(received).containsExactly("a 2 false", "a 1 true", "d/b 0 true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../a", "/etc/passwd", "a/../../b", "a\nb", "a//b"})
    void rejectsAPathThatIsNotPlain(String path) {
        assertLost(part(path, 1, true));
        assertThat(received).isEmpty();
    }

    @Test
    void rejectsInterleavedFiles() {
        files.add(part("a", 1, false));
        assertLost(part("b", 1, true));
    }

    @Test
    void rejectsADuplicateFile() {
        files.add(part("a", 1, true));
        assertLost(part("a", 1, true));
    }

    /** It cannot be written to a file system. */
    @Test
    void rejectsAFileBelowAFile() {
        files.add(part("a/b", 1, true));
        files.add(part("a/b-c", 1, true));
        files.add(part("a/b c/d", 1, true));
        assertLost(part("a/b/c", 1, true));
        assertLost(part("a/b/c/d/e", 1, true));
    }

    @Test
    void rejectsAFileInPlaceOfADirectory() {
        files.add(part("a/b/c", 1, true));
        files.add(part("a-b", 1, true));
        assertLost(part("a/b", 1, true));
        assertLost(part("a", 1, true));
    }

    @Test
    void rejectsTheThousandAndFirstFile() {
        for (int i = 0; i < 1000; i++) {
            files.add(part("f" + i, 0, true));
        }
        assertLost(part("g", 0, true));
    }

    @Test
    void rejectsTooManyBytes() {
        for (int i = 0; i < 64; i++) {
            files.add(part("a", 1 << 20, false));
        }
        assertLost(part("a", 1, true));
    }

    private void assertLost(OutputFilePart part) {
        assertThatThrownBy(() -> files.add(part))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.SANDBOX_LOST));
    }

    private static OutputFilePart part(String path, int bytes, boolean last) {
        return OutputFilePart.newBuilder()
                .setPath(path)
                .setContent(ByteString.copyFrom(new byte[bytes]))
                .setLast(last)
                .build();
    }
}
