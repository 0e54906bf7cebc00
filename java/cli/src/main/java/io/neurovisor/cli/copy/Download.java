package io.neurovisor.cli.copy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.program.FilePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Copies files of a sandbox to this machine. The sandbox chooses names and content: nothing is written outside of the
 * destination, and links in it are not followed.
 */
public final class Download {
    private static final int DEPTH = 16;
    private static final int PAGE_SIZE = 1000;

    private final GuestFiles files;
    private final CopyProgress progress;

    public Download(GuestFiles files, CopyProgress progress) {
        this.files = files;
        this.progress = progress;
    }

    /** Passes a file on in parts. */
    public void copy(String source, Consumer<ByteBuffer> destination) {
        try (FileReader reader = files.read(source, 0, Optional.empty(), GuestPath.answer())) {
            for (Optional<ByteBuffer> part = reader.next(); part.isPresent(); part = reader.next()) {
                destination.accept(part.get());
            }
        }
    }

    /**
     * Copies a file or directory to a path, or into it if that is a directory or ends with a slash.
     *
     * @param recursive whether a directory is copied
     * @return whether nothing was left out
     */
    public boolean copy(String source, String destination, boolean recursive) {
        FileType type = GuestPath.type(files, source)
                .orElseThrow(() -> new NeuroVisorException(Fault.FILE_UNKNOWN, shown(source) + " does not exist"));
        if (type == FileType.DIRECTORY && !recursive) {
            throw NeuroVisorException.invalid(
                    "source", shown(source) + " is a directory; copy it and what it contains with -r");
        }
        Path given = Path.of(destination);
        boolean into = destination.endsWith("/") || Files.isDirectory(given);
        Path target = into ? given.resolve(nameOf(source)) : given;
        if (type == FileType.DIRECTORY) {
            copyDirectory(source, target);
        } else {
            LocalDirectory.prepare(target);
            copyFile(source, target);
        }
        return progress.isComplete();
    }

    private String nameOf(String source) {
        // The home and "..", too, have a name.
        String name = files.stat(source, GuestPath.answer()).name();
        if (FilePath.problem(name).isPresent() || name.indexOf('/') >= 0) {
            throw NeuroVisorException.invalid(
                    "source", shown(source) + " has no name that a file of this machine can have; name the copy");
        }
        return name;
    }

    private void copyDirectory(String source, Path target) {
        FileEntry root = files.stat(source, GuestPath.answer());
        LocalDirectory directory = LocalDirectory.open(target, root.mode());
        Deque<String> unlisted = new ArrayDeque<>();
        unlisted.add("");
        try (ConcurrentCopies copies = new ConcurrentCopies()) {
            Consumer<Runnable> start = copy -> copies.start(() -> progress.attempt(copy));
            while (!unlisted.isEmpty()) {
                String below = unlisted.pop();
                copyContent(GuestPath.join(root.path(), ""), below, directory, unlisted, start);
            }
            copies.await();
        }
        directory.finish();
    }

    /**
     * @param root the path of the copied directory, with a slash
     * @param below the relative path of a directory in it, with a slash if it is not empty
     * @param unlisted receives directories that are too deep for one list
     * @param start starts the copy of a file
     */
    private void copyContent(
            String root, String below, LocalDirectory directory, Deque<String> unlisted, Consumer<Runnable> start) {
        Optional<String> next = Optional.empty();
        do {
            FilePage page = files.list(root + below, DEPTH, PAGE_SIZE, next, GuestPath.answer());
            for (FileEntry entry : page.entries()) {
                String path = relative(root, entry.path());
                if (depthOf(path) - depthOf(below) == DEPTH && entry.type() == FileType.DIRECTORY) {
                    unlisted.push(path + "/");
                }
                progress.attempt(() -> copyEntry(entry, path, directory, start));
            }
            next = page.next();
        } while (next.isPresent());
    }

    private static String relative(String root, String path) {
        String relative = path.startsWith(root) ? path.substring(root.length()) : "";
        for (String name : relative.split("/", -1)) {
            if (name.isEmpty() || name.equals(".") || name.equals("..")) {
                throw new NeuroVisorException(
                        Fault.DAEMON_REFUSED, "the list of files has one that is outside: " + shown(path));
            }
        }
        return relative;
    }

    private static long depthOf(String path) {
        return path.chars().filter(character -> character == '/').count()
                + (path.endsWith("/") || path.isEmpty() ? 0 : 1);
    }

    private void copyEntry(FileEntry entry, String path, LocalDirectory directory, Consumer<Runnable> start) {
        Optional<String> problem = FilePath.problem(path);
        if (problem.isPresent()) {
            progress.leaveOut(shown(path) + " " + problem.get());
            return;
        }
        switch (entry.type()) {
            case DIRECTORY -> directory.make(path, entry.mode());
            case FILE -> {
                Path target = directory.resolve(path);
                start.accept(() -> copyFile(entry.path(), target));
            }
            case SYMLINK, OTHER -> progress.leaveOut(shown(path) + " is a symbolic link or a special file");
        }
    }

    private void copyFile(String source, Path target) {
        if (Files.exists(target) && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
            throw NeuroVisorException.invalid(
                    "destination", shown(target.toString()) + " exists and is not a regular file");
        }
        try (FileReader reader = files.read(source, 0, Optional.empty(), GuestPath.answer());
                LocalFile file = LocalFile.begin(target)) {
            for (Optional<ByteBuffer> part = reader.next(); part.isPresent(); part = reader.next()) {
                progress.bytes(part.get().remaining());
                file.write(part.get());
            }
            file.finish(reader.entry().mode());
            progress.file();
        } catch (IOException exception) {
            throw LocalFile.unwritable(target, exception);
        }
    }

    private static String shown(String path) {
        return FilePath.shown(path);
    }
}
