package io.neurovisor.cli.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.testkit.FakeFiles;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The list of a directory cannot make a copy write outside of its destination. */
final class DownloadTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"/etc/passwd", "/home/user/tree/../x", "/home/user/tree", "/home/user/tree//x"})
    void rejectsWhatIsOutside(String path) {
        FakeFiles files = new FakeFiles();
        files.makeDirectory("tree", OptionalInt.empty(), Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM));
        Download download =
                new Download(listing(files, path), new CopyProgress(Progress.SILENT, _ -> {}, Ticker.SYSTEM));

        assertThatThrownBy(() -> download.copy("tree", directory.resolve("copy").toString(), true))
                .hasMessageContaining("the list of files has one that is outside");
        assertThat(directory.resolve("copy")).isEmptyDirectory();
    }

    private static GuestFiles listing(FakeFiles files, String path) {
        FileEntry entry = new FileEntry(
                "x", path, FileType.DIRECTORY, 0, 0755, "user", "user", Instant.EPOCH, Optional.empty(), Map.of());
        return (GuestFiles) Proxy.newProxyInstance(
                GuestFiles.class.getClassLoader(),
                new Class<?>[] {GuestFiles.class},
                (_, method, arguments) -> method.getName().equals("list")
                        ? new FilePage(List.of(entry), Optional.empty())
                        : method.invoke(files, arguments));
    }
}
