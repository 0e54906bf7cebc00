package io.neurovisor.lab;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * The disk of a lab machine: a file system with the images and kernels of the host's data directory, and room for what
 * is built in the machine. Templates are left out, because the machine has another processor.
 */
record LabDisk(Path dataDirectory, Supervisor supervisor) {
    private static final String SIZE = "16G";
    private static final List<String> STORES = List.of("images", "kernels", "initrds", "firecracker");

    /** Writes the disk; empty blocks take no space. */
    void make(LabFiles files) {
        // On the same file system as the targets of its hard links, so that nothing is copied twice.
        Path content = PrivateFiles.directory(files.directory().resolve("content"));
        Path data = PrivateFiles.directory(content.resolve("data"));
        for (String store : STORES) {
            link(dataDirectory.resolve(store), data.resolve(store));
        }
        ToolResult result = supervisor
                .tool(ToolCommand.of("/sbin/mkfs.ext4", "e2fsprogs")
                        .withArguments(List.of("-q", "-F", "-m", "0", "-E", "lazy_itable_init=1", "-O", "^has_journal"))
                        .withArguments(
                                List.of("-d", content.toString(), files.disk().toString(), SIZE)))
                .run();
        PrivateFiles.delete(content);
        if (result.failed()) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "The lab's disk %s cannot be made: %s".formatted(files.disk(), result.lastMessage()));
        }
    }

    private static void link(Path from, Path to) {
        if (!Files.isDirectory(from)) {
            return;
        }
        try {
            Files.walkFileTree(from, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    // A half-made artifact belongs to another process.
                    if (directory.getFileName().toString().startsWith(".")) {
                        return FileVisitResult.SKIP_SUBTREE;
                    }
                    PrivateFiles.directory(to.resolve(from.relativize(directory)));
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (attributes.isRegularFile()
                            && !file.getFileName().toString().startsWith(".")) {
                        Files.createLink(to.resolve(from.relativize(file)), file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException failure) {
            throw StorageFaults.of("link the files of", from, failure);
        }
    }
}
