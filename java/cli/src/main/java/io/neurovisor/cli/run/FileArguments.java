package io.neurovisor.cli.run;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.FileLimits;
import io.neurovisor.engine.program.FilePath;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the files of {@code --file}: {@code HOST} or {@code HOST:GUEST}. A directory stands for all regular files in it. Limits
 * are checked before a file is read, and a file that is not regular is rejected by name.
 */
final class FileArguments {
    private final List<String> arguments;
    private final List<InputFile> files = new ArrayList<>();
    private long bytes;

    FileArguments(List<String> arguments) {
        this.arguments = List.copyOf(arguments);
    }

    /** Returns the files in the order of the arguments; within a directory they are sorted by name. */
    List<InputFile> read() {
        for (String argument : arguments) {
            int colon = argument.lastIndexOf(':');
            String host = colon < 0 ? argument : argument.substring(0, colon);
            String guest = colon < 0 ? "" : argument.substring(colon + 1);
            if (host.isEmpty() || (colon >= 0 && guest.isEmpty())) {
                throw invalid("--file \"" + FilePath.shown(argument) + "\" is not HOST or HOST:GUEST");
            }
            add(hostPath(host), guest);
        }
        return List.copyOf(files);
    }

    private void add(Path host, String guest) {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(host, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (attributes.isDirectory()) {
                addDirectory(host, directoryPath(host, guest));
            } else {
                addFile(host, guest.isEmpty() || guest.endsWith("/") ? guest + nameOf(host) : guest, attributes);
            }
        } catch (NoSuchFileException exception) {
            throw invalid("--file " + shown(host) + ": no such file");
        } catch (IOException exception) {
            throw invalid("--file " + shown(host) + " cannot be read: " + StorageFaults.reason(exception));
        }
    }

    /** Returns the directory with a trailing slash, or an empty text for the working directory. */
    private static String directoryPath(Path host, String guest) {
        if (guest.equals(".") || guest.equals("./")) {
            return "";
        }
        if (guest.isEmpty()) {
            return nameOf(host) + "/";
        }
        return guest.endsWith("/") ? guest : guest + "/";
    }

    private void addDirectory(Path host, String guest) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(host, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                requireRegular(file, attributes);
                found.add(file);
                if (files.size() + found.size() > FileLimits.MAX_COUNT) {
                    throw tooMany();
                }
                return FileVisitResult.CONTINUE;
            }
        });
        found.sort(null);
        for (Path file : found) {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            addFile(file, guest + host.relativize(file), attributes);
        }
    }

    private void addFile(Path host, String guest, BasicFileAttributes attributes) throws IOException {
        requireRegular(host, attributes);
        if (files.size() == FileLimits.MAX_COUNT) {
            throw tooMany();
        }
        String path = FilePath.checked(guest);
        requireRoom(attributes.size(), host);
        byte[] content;
        // One byte above the limit is enough to detect a file that grows during the read.
        try (InputStream input = Files.newInputStream(host, LinkOption.NOFOLLOW_LINKS)) {
            content = input.readNBytes(Math.toIntExact(FileLimits.MAX_BYTES - bytes + 1));
        }
        requireRoom(content.length, host);
        bytes += content.length;
        files.add(new InputFile(path, ByteBuffer.wrap(content), Files.isExecutable(host)));
    }

    private void requireRoom(long more, Path host) {
        if (bytes + more > FileLimits.MAX_BYTES) {
            throw invalid("--file: with " + shown(host) + " the files hold " + (bytes + more) + " bytes and at most "
                    + FileLimits.MAX_BYTES + " (64 MiB) are allowed");
        }
    }

    private static void requireRegular(Path file, BasicFileAttributes attributes) {
        if (attributes.isSymbolicLink()) {
            throw invalid("--file: " + shown(file) + " is a symbolic link; name the file it points to");
        }
        if (!attributes.isRegularFile()) {
            throw invalid("--file: " + shown(file) + " is not a regular file");
        }
    }

    private static NeuroVisorException tooMany() {
        return invalid("--file: more than " + FileLimits.MAX_COUNT + " files; pack them into an archive");
    }

    private static Path hostPath(String host) {
        try {
            return Path.of(host);
        } catch (InvalidPathException exception) {
            throw invalid("--file \"" + FilePath.shown(host) + "\" is not a path");
        }
    }

    /** Returns the name of the file that the path leads to, since {@code .} and {@code ..} are not names. */
    private static String nameOf(Path host) {
        Path name = host.toAbsolutePath().normalize().getFileName();
        if (name == null) {
            throw invalid("--file " + shown(host) + " has no name; use HOST:GUEST");
        }
        return name.toString();
    }

    private static String shown(Path path) {
        return FilePath.shown(path.toString());
    }

    private static NeuroVisorException invalid(String message) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, message);
    }
}
