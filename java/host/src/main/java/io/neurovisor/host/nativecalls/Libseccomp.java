package io.neurovisor.host.nativecalls;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The host's library that compiles seccomp rules into filter programs. */
public final class Libseccomp {
    private static final String NAME = "libseccomp.so.2";

    /**
     * The directories of distributions. Searched here instead of by the loader, to know which library's filters are
     * cached.
     */
    private static final List<Path> DIRECTORIES = List.of(
            Path.of("/usr/lib/x86_64-linux-gnu"), Path.of("/usr/lib64"), Path.of("/lib64"), Path.of("/usr/lib"));

    private static final FunctionDescriptor MEMFD_CREATE = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT);
    private static final FunctionDescriptor CLOSE = FunctionDescriptor.of(JAVA_INT, JAVA_INT);
    private static final int MFD_CLOEXEC = 1;
    private static final FunctionDescriptor RESOLVE_NAME = FunctionDescriptor.of(JAVA_INT, ADDRESS);
    private static final FunctionDescriptor RESOLVE_NUMBER = FunctionDescriptor.of(ADDRESS, JAVA_INT, JAVA_INT);
    private static final FunctionDescriptor FREE = FunctionDescriptor.ofVoid(ADDRESS);

    /** SCMP_ARCH_NATIVE of seccomp.h. */
    private static final int NATIVE_ARCHITECTURE = 0;

    private static final int NAME_LIMIT = 256;

    private final Path file;

    private Libseccomp(Path file) {
        this.file = file;
    }

    public static Libseccomp locate() {
        return in(DIRECTORIES);
    }

    static Libseccomp in(List<Path> directories) {
        return directories.stream()
                .map(directory -> directory.resolve(NAME))
                .filter(Files::isReadable)
                .findFirst()
                .map(Libseccomp::new)
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.TOOL_FAILED,
                        NAME + " (package libseccomp2) is missing, so that nothing can be confined; install it with"
                                + " ./neurovisor setup"));
    }

    /** Identifies the library's file and content: with equal fingerprints, equal rules give equal filters. */
    public String fingerprint() {
        try {
            Path real = file.toRealPath();
            return real + " / " + Files.size(real) + " / " + Files.getLastModifiedTime(real);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, file + " cannot be read (" + exception.getMessage() + ")", exception);
        }
    }

    /**
     * Compiles a filter that also kills the process at calls of another architecture (i386, x32).
     *
     * @return an array of {@code struct sock_filter}
     */
    public byte[] compile(DefaultAction others, List<SeccompRule> rules) {
        // NATIVE: the JDK has no seccomp. The arena owns the library's mapping and all arguments, which the library
        // copies. The library owns the filter, which is released before the arena ends. Errors are negative results;
        // errno is not used.
        try (Arena arena = Arena.ofConfined();
                SeccompFilter filter = SeccompFilter.create(NativeLibrary.open(file, arena), others, arena)) {
            rules.forEach(filter::add);
            return export(filter, arena);
        }
    }

    /** Installs such a filter in every thread of this process, irrevocably. Throws if that fails for any of them. */
    public void install(DefaultAction others, List<SeccompRule> rules) {
        // NATIVE: as above; the kernel keeps its own copy.
        try (Arena arena = Arena.ofConfined();
                SeccompFilter filter = SeccompFilter.create(NativeLibrary.open(file, arena), others, arena)) {
            rules.forEach(filter::add);
            filter.load();
        }
    }

    /** Returns the numbers of system calls on this architecture, without those that it does not have. */
    public List<Integer> numbers(List<String> names) {
        // NATIVE: the library does not keep the names.
        try (Arena arena = Arena.ofConfined()) {
            NativeLibrary library = NativeLibrary.open(file, arena);
            return names.stream()
                    .map(name ->
                            library.callInt("seccomp_syscall_resolve_name", RESOLVE_NAME, arena.allocateFrom(name)))
                    .filter(number -> number >= 0)
                    .toList();
        }
    }

    /** Returns the name of a system call; its number if the library does not know it. */
    @SuppressWarnings("restricted") // The launcher enables native access.
    public String name(int number) {
        NativeLibrary libc = NativeLibrary.libc();
        // NATIVE: the caller frees the name; the library's mapping ends with the arena.
        try (Arena arena = Arena.ofConfined()) {
            NativeLibrary library = NativeLibrary.open(file, arena);
            MemorySegment name = library.callPointer(
                    "seccomp_syscall_resolve_num_arch", RESOLVE_NUMBER, NATIVE_ARCHITECTURE, number);
            if (name.equals(MemorySegment.NULL)) {
                return Integer.toString(number);
            }
            String text = name.reinterpret(NAME_LIMIT).getString(0);
            Object _ = libc.call("free", FREE, name);
            return text;
        }
    }

    /** Exports by a file in memory, because the library writes to descriptors only. */
    private static byte[] export(SeccompFilter filter, Arena arena) {
        NativeLibrary libc = NativeLibrary.libc();
        MemorySegment name = arena.allocateFrom("seccomp");
        // NATIVE: we own the descriptor until close; Java reads it through /proc, as it cannot adopt a descriptor.
        int descriptor = libc.callInt("memfd_create", MEMFD_CREATE, name, MFD_CLOEXEC);
        if (descriptor < 0) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, "a file in memory for the seccomp filter was refused");
        }
        try {
            filter.export(descriptor);
            return Files.readAllBytes(Path.of("/proc/self/fd", Integer.toString(descriptor)));
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "the seccomp filter cannot be read (" + exception.getMessage() + ")", exception);
        } finally {
            libc.callInt("close", CLOSE, descriptor);
        }
    }
}
