package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** File systems of a few megabytes, which can be filled. Root's alone to mount. */
final class SmallDisks implements AutoCloseable {
    private final List<Path> disks = new ArrayList<>();

    private SmallDisks() {}

    static SmallDisks mount(Path... directories) throws IOException {
        SmallDisks mounted = new SmallDisks();
        for (Path directory : directories) {
            Files.createDirectories(directory);
            run("mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", directory.toString());
            mounted.disks.add(directory);
        }
        return mounted;
    }

    void fill() {
        byte[] block = new byte[4096];
        for (Path disk : disks) {
            try {
                while (true) {
                    Files.write(filler(disk), block, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                }
            } catch (IOException full) {
                assertThat(full).hasMessageContaining("No space left");
            }
        }
    }

    void free() throws IOException {
        for (Path disk : disks) {
            Files.delete(filler(disk));
        }
    }

    @Override
    public void close() {
        disks.forEach(disk -> run("umount", "--lazy", disk.toString()));
    }

    private static Path filler(Path disk) {
        return disk.resolve("filler");
    }

    private static void run(String... command) {
        PlainMachine.Run run = PlainMachine.start(List.of(command));
        assertThat(run.exitCode()).as(run.stderr()).isZero();
    }
}
