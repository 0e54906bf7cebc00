package io.neurovisor.host.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.host.files.FileStamp;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.testkit.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class DamagedCheckpointTest {
    @TempDir
    private Path data;

    private CheckpointFixture fixture;
    private SandboxCheckpoint saved;

    @BeforeEach
    void save() throws IOException {
        fixture = new CheckpointFixture(data);
        saved = fixture.save(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {CheckpointWriter.STATE, CheckpointWriter.PAGES})
    void truncatedFile(String name) throws IOException {
        Path file = fixture.machine(saved).resolve(name);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1);
        }
        assertDamaged(name + " has ");
    }

    @ParameterizedTest
    @ValueSource(strings = {CheckpointWriter.STATE, CheckpointWriter.PAGES})
    void longerFile(String name) throws IOException {
        Files.writeString(fixture.machine(saved).resolve(name), "x", StandardOpenOption.APPEND);
        assertDamaged(name + " has ");
    }

    @ParameterizedTest
    @ValueSource(strings = {CheckpointWriter.STATE, CheckpointWriter.PAGES})
    void changedByte(String name) throws IOException {
        change(fixture.machine(saved).resolve(name));
        assertDamaged(name + " has changed");
    }

    /** The kernel counts time in ticks, so that a change within the tick of the save would not be seen. */
    @Test
    void changedByteWithTheEarlierTime() throws IOException {
        Path pages = fixture.machine(saved).resolve(CheckpointWriter.PAGES);
        FileTime time = Files.getLastModifiedTime(pages);
        long before = FileStamp.of(pages).changedNanos();
        while (FileStamp.of(pages).changedNanos() == before) {
            change(pages);
            Files.setLastModifiedTime(pages, time);
        }
        assertDamaged("pages has changed");
    }

    /** A disk may return other bytes than were written, with the times of the file unchanged. */
    @Test
    void changedStateWithTheEarlierStamp() throws IOException {
        Path state = fixture.machine(saved).resolve(CheckpointWriter.STATE);
        FileStamp stamp = FileStamp.of(state);
        String text = Files.readString(fixture.manifest(saved));
        String digest = FileState.of(state).sha256();
        Files.writeString(fixture.manifest(saved), text.replace(digest, "0".repeat(64)));
        assertThat(FileStamp.of(state)).isEqualTo(stamp);
        assertDamaged("state has changed");
    }

    @ParameterizedTest
    @ValueSource(strings = {CheckpointWriter.STATE, CheckpointWriter.PAGES})
    void missingFile(String name) throws IOException {
        Files.delete(fixture.machine(saved).resolve(name));
        assertDamaged(name + " is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {CheckpointWriter.STATE, CheckpointWriter.PAGES})
    void replacedFile(String name) throws IOException {
        Path file = fixture.machine(saved).resolve(name);
        Path copy = Files.copy(file, data.resolve("copy"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.move(copy, file, StandardCopyOption.REPLACE_EXISTING);
        assertDamaged(name + " has changed");
    }

    @Test
    void linkInPlaceOfAFile() throws IOException {
        Path file = fixture.machine(saved).resolve(CheckpointWriter.STATE);
        Path moved = Files.move(file, data.resolve("moved"));
        Files.createSymbolicLink(file, moved);
        assertDamaged("state is missing");
    }

    @Test
    void addedFile() throws IOException {
        Files.writeString(fixture.machine(saved).resolve("extra"), "x");
        assertDamaged("a file was added");
    }

    @Test
    void missingDirectory() {
        PrivateFiles.delete(fixture.machine(saved));
        assertDamaged("pages is missing");
        PrivateFiles.delete(fixture.directory(saved));
        assertDamaged("manifest.json is missing");
    }

    @ParameterizedTest
    @MethodSource
    void hostileManifest(String from, String to) throws IOException {
        String text = Files.readString(fixture.manifest(saved));
        assertThat(text).containsPattern(from);
        Files.writeString(fixture.manifest(saved), text.replaceFirst(from, to));
        assertDamaged("manifest.json");
    }

    /** So that the manifests of the other tests are rejected for what they say. */
    @Test
    void manifestMayBeWrittenAgain() throws IOException {
        Files.writeString(fixture.manifest(saved), Files.readString(fixture.manifest(saved)) + "\n");
        assertThat(fixture.store().open(saved, CheckpointFixture.VMM).checkpoint())
                .isPresent();
    }

    static Stream<Arguments> hostileManifest() {
        return Stream.of(
                pair("(?s).*", ""),
                pair("(?s).*", "null"),
                pair("(?s).*", "[]"),
                pair("(?s).*", "\"manifest\""),
                pair("(?s).*", "[".repeat(100_000)),
                pair("(?s).*", "{\"format\":1}"),
                pair("(?s)\\}\\s*$", ""),
                pair("(?s)\\s*$", " {}"),
                pair("\"format\" : 1", "\"format\" : \"1\""),
                pair("\"format\" : 1", "\"format\" : 1.0"),
                pair("\"format\" : 1", "\"format\" : 99999999999"),
                pair("\"format\" : 1", "\"format\" : 1" + "0".repeat(1000)),
                pair("\"format\" : 1", "\"format\" : null"),
                pair("\"format\" : 1,", "\"format\" : 1, \"format\" : 1,"),
                pair("\"format\" : 1,", "\"format\" : 1, \"more\" : 1,"),
                pair("\"generation\" : 1", "\"generation\" : 2"),
                pair("\"generation\" : 1", "\"generation\" : \"1\""),
                pair("\"generation\" : 1", "\"generation\" : true"),
                pair("\"generation\" : 1", "\"generation\" : 1e9999"),
                pair("\"generation\" : 1", "\"generation\" : 1e999999999"),
                pair("\"generation\" : 1", "\"generation\" : 4294967297"),
                pair("a{20}", "b".repeat(20)),
                pair("a{20}", "../../etc"),
                pair("\"sandbox\" : \"a{20}\"", "\"sandbox\" : 1"),
                pair("\"created\" : \"[^\"]*\"", "\"created\" : \"yesterday\""),
                pair("\"version\" : \"10.0.2\"", "\"version\" : null"),
                pair("\"version\" : \"10.0.2\"", "\"version\" : 10.0"),
                pair("\"version\" : \"10.0.2\",", ""),
                pair("\"size\" : \"small\"", "\"size\" : \"vast\""),
                pair("\"directory\" : \"[^\"]*\"", "\"directory\" : \"templates/one\""),
                pair("\"directory\" : \"", "\"directory\" : \"/.."),
                pair("\"directory\" : \"[^\"]*\"", "\"directory\" : \"/a\\\\u0000b\""),
                pair("\"directory\" : \"[^\"]*\"", "\"directory\" : \"/\""),
                pair("\"path\" : \"[^\"]*\"", "\"path\" : \"/etc/../etc/passwd\""),
                pair("\"pages\" : ", "\"../pages\" : "),
                pair("\"pages\" : ", "\"/etc/passwd\" : "),
                pair("\"pages\" : ", "\"\" : "),
                pair("\"pages\" : ", "\"state\" : "),
                pair("(?s)\"files\" : \\{.*", "\"files\" : {}}"),
                pair("(?s)\"files\" : \\{.*", "\"files\" : []}"),
                pair("(?s)\"files\" : \\{.*", "\"files\" : {\"state\" : null}}"),
                pair("\"bytes\" : [0-9]+", "\"bytes\" : -1"),
                pair("\"bytes\" : [0-9]+", "\"bytes\" : 18446744073709551616"),
                pair("\"bytes\" : [0-9]+", "\"bytes\" : \"many\""),
                pair("\"sha256\" : \"\"", "\"sha256\" : \"0\""));
    }

    private static Arguments pair(String from, String to) {
        return Arguments.of(from, to);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"created\" : \"", "\"image\" : \"", "\"format\" : "})
    void longManifest(String field) throws IOException {
        String text = Files.readString(fixture.manifest(saved));
        assertThat(text).contains(field);
        Files.writeString(fixture.manifest(saved), text.replace(field, field + "1".repeat(10 << 20)));
        assertDamaged("manifest.json is too long");
    }

    @Test
    void longText() throws IOException {
        String text = Files.readString(fixture.manifest(saved));
        Files.writeString(
                fixture.manifest(saved), text.replace("\"image\" : \"", "\"image\" : \"" + "1".repeat(70_000)));
        assertDamaged("manifest.json");
    }

    @Test
    void binaryManifest() throws IOException {
        Files.write(fixture.manifest(saved), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1, 2});
        assertDamaged("manifest.json");
        Files.write(fixture.manifest(saved), "{\"format\":1,\"\u00e9\":1}".getBytes(StandardCharsets.ISO_8859_1));
        assertDamaged("manifest.json");
    }

    @Test
    void isFoundAndRemoved() throws IOException {
        Files.writeString(fixture.manifest(saved), "");
        assertThat(fixture.store().newest(CheckpointFixture.ID)).contains(saved);
        assertThat(fixture.store().bytes(CheckpointFixture.ID)).isGreaterThan(2 << 20);
        fixture.store().delete(CheckpointFixture.ID);
        assertThat(fixture.home().resolve(saved.sandbox() + "-1")).doesNotExist();
    }

    private void assertDamaged(String problem) {
        assertThatThrownBy(() -> fixture.store().open(saved, CheckpointFixture.VMM))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.CHECKPOINT_DAMAGED))
                .hasMessageContaining("sandbox " + CheckpointFixture.ID)
                .hasMessageContaining(problem)
                .message()
                .hasSizeLessThan(300);
    }

    private static void change(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length / 2] ^= 1;
        Files.write(file, content);
    }
}
