package io.neurovisor.host.kernel;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The functions of one C library, for calls that are too rare to keep a handle of. */
@SuppressWarnings("restricted") // The launcher enables native access.
final class NativeLibrary {
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

    /** The C library that this JVM runs on. */
    static NativeLibrary libc() {
        return new NativeLibrary("libc", Linker.nativeLinker().defaultLookup());
    }

    int callInt(String function, FunctionDescriptor signature, Object... arguments) {
        return (int) requireNonNull(call(function, signature, arguments), "an int is returned");
    }

    /** A pointer; NULL is the segment, not Java's null. */
    MemorySegment callPointer(String function, FunctionDescriptor signature, Object... arguments) {
        return (MemorySegment) requireNonNull(call(function, signature, arguments), "a segment is returned");
    }

    /** Calls a function; null where the signature returns nothing. */
    @Nullable
    Object call(String function, FunctionDescriptor signature, Object... arguments) {
        try {
            return Linker.nativeLinker()
                    .downcallHandle(symbols.findOrThrow(function), signature)
                    .invokeWithArguments(arguments);
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable failure) {
            // C functions throw nothing; it is the declaration of all method handles.
            throw new NeuroVisorException(Fault.INTERNAL, function + " of " + name + " failed", failure);
        }
    }
}
