package io.neurovisor.host.nativecalls;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The functions of a C library. Method handles are not kept, because the calls are rare. */
@SuppressWarnings("restricted") // The launcher enables native access.
final class NativeLibrary {
    private static final FunctionDescriptor STRERROR = FunctionDescriptor.of(ADDRESS, JAVA_INT);
    private static final int WORDS_LIMIT = 256;
    private static final VarHandle ERRNO =
            Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private final String name;
    private final SymbolLookup symbols;

    private NativeLibrary(String name, SymbolLookup symbols) {
        this.name = name;
        this.symbols = symbols;
    }

    /** Loads the library for as long as the arena lives. */
    static NativeLibrary open(Path file, Arena arena) {
        return new NativeLibrary(file.toString(), SymbolLookup.libraryLookup(file, arena));
    }

    /** Returns the C library of this JVM. */
    static NativeLibrary libc() {
        return new NativeLibrary("libc", Linker.nativeLinker().defaultLookup());
    }

    boolean has(String function) {
        return symbols.find(function).isPresent();
    }

    int callInt(String function, FunctionDescriptor signature, Object... arguments) {
        return (int) requireNonNull(call(function, signature, arguments), "an int is returned");
    }

    /** Calls a function that returns a pointer; NULL is a segment, never Java's null. */
    MemorySegment callPointer(String function, FunctionDescriptor signature, Object... arguments) {
        return (MemorySegment) requireNonNull(call(function, signature, arguments), "a segment is returned");
    }

    /** Calls a function that sets errno and returns a negative number if it fails, and throws in this case. */
    int checkedInt(String function, FunctionDescriptor signature, Object... arguments) {
        return (int) checked(function, signature, arguments);
    }

    /** Does the same for functions that return a size. */
    long checkedLong(String function, FunctionDescriptor signature, Object... arguments) {
        return (long) checked(function, signature, arguments);
    }

    private Object checked(String function, FunctionDescriptor signature, Object... arguments) {
        // NATIVE: errno is copied before the JVM can change it.
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
            List<Object> all = new ArrayList<>(arguments.length + 1);
            all.add(state);
            all.addAll(List.of(arguments));
            Number result = (Number) requireNonNull(
                    invoke(
                            function,
                            Linker.nativeLinker()
                                    .downcallHandle(
                                            symbols.findOrThrow(function),
                                            signature,
                                            Linker.Option.captureCallState("errno")),
                            all),
                    "a number is returned");
            if (result.longValue() < 0) {
                throw new NeuroVisorException(
                        Fault.TOOL_FAILED, function + " failed: " + description((int) ERRNO.get(state, 0L)));
            }
            return result;
        }
    }

    /** Returns the C library's description of an error. */
    private static String description(int errno) {
        MemorySegment text = libc().callPointer("strerror", STRERROR, errno);
        return text.reinterpret(WORDS_LIMIT).getString(0) + " (errno " + errno + ")";
    }

    /** Calls a function; returns null if the signature has no result. */
    @Nullable
    Object call(String function, FunctionDescriptor signature, Object... arguments) {
        return invoke(
                function,
                Linker.nativeLinker().downcallHandle(symbols.findOrThrow(function), signature),
                List.of(arguments));
    }

    private @Nullable Object invoke(String function, MethodHandle handle, List<Object> arguments) {
        try {
            return handle.invokeWithArguments(arguments);
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable failure) {
            // C functions throw nothing; all method handles declare it.
            throw new NeuroVisorException(Fault.INTERNAL, function + " of " + name + " failed", failure);
        }
    }
}
